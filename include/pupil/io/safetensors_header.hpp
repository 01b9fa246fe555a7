#pragma once
// The header of a safetensors file (https://huggingface.co/docs/safetensors). A file is
//
//     8 bytes      n, the length of the header, little-endian
//     n bytes      JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...,
//                         "__metadata__": {"key": "text", ...}}, padded with spaces
//     the rest     the tensors' elements, row-major and little-endian, at their offsets, without holes or overlaps
//
// What is accepted and how tensors are laid out when writing follows the reference implementation.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/stable_sort.hpp>
#include <pupil/io/dtype.hpp>
#include <pupil/io/json_reader.hpp>

namespace pupil {

/// One tensor of a file.
struct TensorInfo {
  Dtype dtype = Dtype::F32;
  std::vector<Index> shape = {};
  std::size_t offset = 0;  ///< of its first byte, counted from the end of the header
  std::size_t bytes = 0;

  /// How many elements it has.
  Index size() const { return static_cast<Index>(bytes / dtype_size(dtype)); }
};

/// All that a file says of itself.
struct SafetensorsHeader {
  std::map<std::string, TensorInfo, std::less<>> tensors;
  std::map<std::string, std::string, std::less<>> metadata;
};

/// Longer headers are taken for damage, as in the reference implementation.
inline constexpr std::size_t max_safetensors_header = 100'000'000;

/// `[2, 3]`, as a Shape prints.
inline std::string format_extents(std::span<const Index> extents) {
  std::string text = "[";
  for (const Index extent : extents) text += message(text.size() > 1 ? ", " : "", extent);
  return text + "]";
}

/// The bytes that elements of this type in this shape take; nothing where that number overflows.
inline std::optional<std::size_t> tensor_bytes(Dtype dtype, std::span<const Index> shape) {
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<Index>::max());
  std::size_t bytes = dtype_size(dtype);
  for (const Index extent : shape) {
    const auto factor = static_cast<std::size_t>(extent);
    if (factor != 0 && bytes > most / factor) return std::nullopt;
    bytes *= factor;
  }
  return bytes;
}

/// The same, or a ShapeError that names the tensor: for shapes that are about to be written.
inline std::size_t require_tensor_bytes(std::string_view name, Dtype dtype, std::span<const Index> shape) {
  const auto bytes = tensor_bytes(dtype, shape);
  const bool negative = std::ranges::any_of(shape, [](Index extent) { return extent < 0; });
  require<ShapeError>(bytes.has_value() && !negative, "safetensors: tensor ", json_quoted(name),
                      " cannot have the shape ", format_extents(shape));
  return *bytes;
}

/// The tensors' names in the order in which their data lies.
inline std::vector<std::string> names_by_offset(const SafetensorsHeader& header) {
  std::vector<std::string> names;
  for (const auto& entry : header.tensors) names.push_back(entry.first);
  const auto place = [&](const std::string& name) {
    const TensorInfo& info = header.tensors.at(name);
    return std::tuple(info.offset, info.bytes);
  };
  detail::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return names;
}

namespace detail {

// {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}; other members are skipped, as the reference does.
inline TensorInfo parse_tensor_info(JsonReader& json, const std::string& name) {
  const std::string tensor = message("tensor ", json_quoted(name));
  TensorInfo info;
  std::vector<std::uint64_t> offsets;
  bool has_dtype = false, has_shape = false;
  json.object([&](const std::string& key) {
    if (key == "dtype") {
      const std::string text = json.string();
      const auto dtype = parse_dtype(text);
      json.check(dtype.has_value(), tensor, " has the unknown dtype ", json_quoted(text));
      info.dtype = *dtype;
      has_dtype = true;
    } else if (key == "shape") {
      json.array([&] {
        const std::uint64_t extent = json.whole_number();
        json.check(extent <= static_cast<std::uint64_t>(std::numeric_limits<Index>::max()), tensor, " has the extent ",
                   extent);
        info.shape.push_back(static_cast<Index>(extent));
      });
      has_shape = true;
    } else if (key == "data_offsets") {
      json.array([&] { offsets.push_back(json.whole_number()); });
    } else {
      json.skip_value();
    }
  });
  json.check(has_dtype, tensor, " has no dtype");
  json.check(has_shape, tensor, " has no shape");
  json.check(offsets.size() == 2, tensor, " has no pair of data_offsets");
  json.check(offsets[0] <= offsets[1], tensor, " ends at ", offsets[1], ", before it begins at ", offsets[0]);
  info.offset = static_cast<std::size_t>(offsets[0]);
  info.bytes = static_cast<std::size_t>(offsets[1] - offsets[0]);
  return info;
}

// Where the last tensor ends.
inline std::size_t data_end(const SafetensorsHeader& header) {
  std::size_t end = 0;
  for (const auto& entry : header.tensors) end = std::max(end, entry.second.offset + entry.second.bytes);
  return end;
}

// Every tensor as large as its shape says, one behind the other, and together all of the data.
inline void check_layout(const SafetensorsHeader& header, std::size_t before_data, std::size_t data_size,
                         const std::string& file) {
  std::size_t position = 0;
  std::string previous;
  for (const std::string& name : names_by_offset(header)) {
    const TensorInfo& info = header.tensors.at(name);
    const std::string tensor = message(file, ": tensor ", json_quoted(name));
    const auto expected = tensor_bytes(info.dtype, info.shape);
    require<FileError>(expected == info.bytes, tensor, " has ", info.bytes, " bytes of data, which is not what ",
                       info.dtype, ' ', format_extents(info.shape), " takes");
    require<FileError>(info.offset <= data_size && info.bytes <= data_size - info.offset, tensor, " lies at bytes ",
                       info.offset, " to ", info.offset + info.bytes, " of the data, of which the file has only ",
                       data_size, "; it has ", before_data + data_size, " bytes, its header says ",
                       before_data + data_end(header), ", so it was cut short, as by an unfinished download");
    require<FileError>(info.offset >= position, tensor, " begins at byte ", info.offset, " of the data, inside ",
                       previous, ", which ends at ", position);
    require<FileError>(info.offset == position, tensor, " begins at byte ", info.offset,
                       " of the data, but what lies before it ends at ", position);
    position = info.offset + info.bytes;
    previous = message("tensor ", json_quoted(name));
  }
  require<FileError>(position == data_size, file, ": the tensors end at byte ", position, " of the data, which has ",
                     data_size);
}

}  // namespace detail

/// Reads and checks a header, given the bytes of data behind it; `file` names the file in errors. Throws FileError.
inline SafetensorsHeader parse_safetensors_header(std::string_view text, std::size_t data_size,
                                                  const std::string& file) {
  SafetensorsHeader header;
  JsonReader json(text, file);
  json.check(text.starts_with('{'), "expected '{'");
  json.object([&](const std::string& name) {
    if (name == "__metadata__") {
      if (json.null()) return;
      json.object([&](const std::string& key) {
        json.check(json.at_string(), "the metadata's ", json_quoted(key), " is not a text");
        header.metadata[key] = json.string();
      });
    } else {
      header.tensors[name] = detail::parse_tensor_info(json, name);
    }
  });
  json.end();
  detail::check_layout(header, 8 + text.size(), data_size, file);
  return header;
}

/// Gives every tensor its bytes and its offset: larger element types first, so that all are aligned, then by name.
/// Returns the bytes of data in all.
inline std::size_t assign_offsets(SafetensorsHeader& header) {
  std::vector<std::pair<const std::string, TensorInfo>*> order;
  for (auto& entry : header.tensors) order.push_back(&entry);
  detail::stable_sort(order.begin(), order.end(),
                      [](const auto* a, const auto* b) { return a->second.dtype > b->second.dtype; });
  std::size_t position = 0;
  for (auto* const entry : order) {
    auto& [name, info] = *entry;
    info.offset = position;
    info.bytes = require_tensor_bytes(name, info.dtype, info.shape);
    position += info.bytes;
  }
  return position;
}

/// The first bytes of a file: the length and the JSON text, padded with spaces to a multiple of 8 bytes.
inline std::string format_safetensors_header(const SafetensorsHeader& header) {
  std::string text;
  const auto begin_member = [&](std::string_view name) {
    text += message(text.empty() ? "{" : ",", json_quoted(name), ":{");
  };
  if (!header.metadata.empty()) {
    begin_member("__metadata__");
    bool first = true;
    for (const auto& [key, value] : header.metadata) {
      text += message(std::exchange(first, false) ? "" : ",", json_quoted(key), ":", json_quoted(value));
    }
    text += "}";
  }
  for (const std::string& name : names_by_offset(header)) {
    const TensorInfo& info = header.tensors.at(name);
    begin_member(name);
    std::string extents;
    for (const Index extent : info.shape) extents += message(extents.empty() ? "" : ",", extent);
    text += message("\"dtype\":\"", info.dtype, "\",\"shape\":[", extents, "],\"data_offsets\":[", info.offset, ",",
                    info.offset + info.bytes, "]}");
  }
  text += text.empty() ? "{}" : "}";
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>((text.size() >> (8 * i)) & 0xFFu);
  return length + text;
}

}  // namespace pupil
