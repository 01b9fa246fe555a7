#pragma once
// Tensors in files: safetensors, read by memory map and written atomically. The format is in safetensors_header.hpp.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/io/atomic_file.hpp>
#include <pupil/io/byte_numbers.hpp>
#include <pupil/io/foreign_weights.hpp>
#include <pupil/io/mapped_file.hpp>
#include <pupil/io/safetensors_header.hpp>

namespace pupil {

/// A safetensors file, open for reading and known to be sound: everything in it is checked when it is opened. Reading
/// is thread-safe. Every error is a FileError that begins with the path and names the tensor where there is one.
class SafetensorsFile {
 public:
  /// Throws FileError where the file cannot be read, is truncated, is something else (and says what), or breaks the
  /// format in any way.
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::filesystem::path& path() const noexcept { return path_; }

  /// The tensors' names, in the order of their data.
  std::vector<std::string> names() const { return names_by_offset(header_); }

  /// Whether there is a tensor of this name.
  bool contains(std::string_view name) const { return header_.tensors.contains(name); }

  /// Type, shape and bytes of a tensor. Throws FileError where there is none of this name.
  const TensorInfo& info(std::string_view name) const;

  /// The file's own texts by key.
  const std::map<std::string, std::string, std::less<>>& metadata() const noexcept { return header_.metadata; }

  /// The text under this key. Throws FileError where there is none.
  const std::string& metadata(std::string_view key) const;

  /// A tensor's bytes in the file itself, at any alignment.
  std::span<const std::byte> raw(std::string_view name) const {
    const TensorInfo& tensor = info(name);
    return data_.subspan(tensor.offset, tensor.bytes);
  }

  /// A tensor's values in the file itself. Throws FileError where they are of another type than T, or not aligned for
  /// it (then `read` copies them).
  template <FileScalar T>
  std::span<const T> values(std::string_view name) const;

  /// A copy of a tensor. F64, F32, F16 and BF16 are read as float or double; integers as their own type, BOOL as
  /// std::uint8_t. Throws FileError for another type or rank.
  template <FileScalar T, std::size_t Rank>
  Tensor<T, Rank> read(std::string_view name) const;

  /// Copies a tensor to a place for as many elements as the shape has. Throws FileError, naming both, where the file's
  /// shape is not the expected one, or for a type that cannot be read as T.
  template <FileScalar T>
  void read_into(std::string_view name, std::span<const Index> expected_shape, T* destination) const;
  /// The same, for numbers that are of the type `dtype` there.
  void read_into(std::string_view name, std::span<const Index> expected_shape, Dtype dtype,
                 std::byte* destination) const;
  /// The same, for a shape of the library's.
  template <FileScalar T, std::size_t Rank>
  void read_into(std::string_view name, const Shape<Rank>& expected_shape, T* destination) const {
    read_into(name, std::span<const Index>(expected_shape.dims), destination);
  }

  /// Copies whole numbers that only count something, and that a file may have as any type: floats are rounded, what is
  /// not a number is 0, and what is too large the largest. One number may be a scalar or of one dimension. Throws
  /// FileError as read_into does.
  void read_counts_into(std::string_view name, std::span<const Index> expected_shape, std::int64_t* destination) const;

  /// Gives back the memory of what was read so far, as MappedFile::release_pages.
  void release_pages() const noexcept { file_.release_pages(); }

  /// Throws FileError `path: tensor "name" ...` unless the condition holds.
  template <class... Parts>
  void require_tensor(bool condition, std::string_view name, const Parts&... parts) const {
    require<FileError>(condition, path_.string(), ": tensor ", json_quoted(name), ' ', parts...);
  }

 private:
  void require_shape(std::string_view name, std::span<const Index> expected) const {
    const std::vector<Index>& shape = info(name).shape;
    require_tensor(std::ranges::equal(shape, expected), name, "has the shape ", format_extents(shape), ", expected ",
                   format_extents(expected));
  }

  std::filesystem::path path_;
  MappedFile file_;
  SafetensorsHeader header_;
  std::span<const std::byte> data_;
};

namespace detail {

/// The path of a file. Throws FileError for a folder, naming what may have been meant.
inline const std::filesystem::path& require_no_folder(const std::filesystem::path& path) {
  std::error_code unknown;
  if (!std::filesystem::is_directory(path, unknown)) return path;
  const std::filesystem::path usual = path / "model.safetensors";
  const bool has_usual = std::filesystem::exists(usual, unknown);
  throw FileError(message(path.string(), ": a folder, not a safetensors file",
                          has_usual ? message("; there is ", usual.string(), " in it") : std::string()));
}

/// Throws FileError unless a file begins as safetensors do: with the header's length, and a header's first character.
inline void require_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  require<FileError>(!bytes.empty(), name, ": the file is empty");
  const bool begins_well = bytes.size() > 8 && bytes[7] == std::byte{0} && bytes[8] == std::byte{'{'};
  if (begins_well) return;
  const std::string kind = kind_of_foreign_weights(bytes);
  require<FileError>(kind.empty(), name, ": not a safetensors file but ", kind);
  require<FileError>(bytes.size() >= 8, name, ": not a safetensors file, it has only ", bytes.size(), " bytes");
}

}  // namespace detail

inline SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : path_(path), file_(detail::require_no_folder(path)) {
  const std::span<const std::byte> bytes = file_.bytes();
  const std::string name = path.string();
  detail::require_safetensors(bytes, name);
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  require<FileError>(length <= max_safetensors_header, name, ": not a safetensors file, its header would have ", length,
                     " bytes");
  require<FileError>(length <= bytes.size() - 8, name, ": truncated, the header has ", length, " bytes and the file ",
                     bytes.size());
  const auto header = bytes.subspan(8, static_cast<std::size_t>(length));
  data_ = bytes.subspan(8 + header.size());
  header_ = parse_safetensors_header(detail::text_of(header), data_.size(), name);
}

inline const TensorInfo& SafetensorsFile::info(std::string_view name) const {
  const auto found = header_.tensors.find(name);
  require_tensor(found != header_.tensors.end(), name, "is not in this file");
  return found->second;
}

inline const std::string& SafetensorsFile::metadata(std::string_view key) const {
  const auto found = header_.metadata.find(key);
  require<FileError>(found != header_.metadata.end(), path_.string(), ": no ", json_quoted(key), " in the metadata");
  return found->second;
}

template <FileScalar T>
std::span<const T> SafetensorsFile::values(std::string_view name) const {
  const TensorInfo& tensor = info(name);
  require_tensor(tensor.dtype == dtype_of<T>(), name, "is ", tensor.dtype, ", expected ", dtype_of<T>());
  const std::byte* const address = raw(name).data();
  require_tensor(reinterpret_cast<std::uintptr_t>(address) % alignof(T) == 0, name, "is not aligned in the file");
  return {reinterpret_cast<const T*>(address), static_cast<std::size_t>(tensor.size())};
}

template <FileScalar T, std::size_t Rank>
Tensor<T, Rank> SafetensorsFile::read(std::string_view name) const {
  const TensorInfo& tensor = info(name);
  require_tensor(tensor.shape.size() == Rank, name, "has the shape ", format_extents(tensor.shape), ", expected ", Rank,
                 " dimensions");
  Shape<Rank> shape;
  std::size_t d = 0;
  for (Index& extent : shape.dims) extent = tensor.shape[d++];
  auto result = Tensor<T, Rank>::uninitialized(shape);
  read_into(name, shape, result.data());
  return result;
}

template <FileScalar T>
void SafetensorsFile::read_into(std::string_view name, std::span<const Index> expected_shape, T* destination) const {
  const TensorInfo& tensor = info(name);
  require_shape(name, expected_shape);
  require_tensor(readable_as<T>(tensor.dtype), name, "is ", tensor.dtype, ", which cannot be read as ", dtype_of<T>());
  convert_from(tensor.dtype, raw(name).data(), tensor.size(), destination);
}

inline void SafetensorsFile::read_into(std::string_view name, std::span<const Index> expected_shape, Dtype dtype,
                                       std::byte* destination) const {
  if (dtype == Dtype::F32) return read_into(name, expected_shape, reinterpret_cast<float*>(destination));
  if (dtype == Dtype::F64) return read_into(name, expected_shape, reinterpret_cast<double*>(destination));
  const TensorInfo& tensor = info(name);
  require_shape(name, expected_shape);
  const bool is_flag = tensor.dtype == Dtype::BOOL && dtype == Dtype::U8;
  require_tensor(tensor.dtype == dtype || is_flag, name, "is ", tensor.dtype, ", which cannot be read as ", dtype);
  std::ranges::copy(raw(name), destination);
}

inline void SafetensorsFile::read_counts_into(std::string_view name, std::span<const Index> expected_shape,
                                              std::int64_t* destination) const {
  const TensorInfo& tensor = info(name);
  const bool is_one = tensor.size() == 1 && tensor.shape.size() <= 1 &&
                      std::ranges::all_of(expected_shape, [](Index extent) { return extent == 1; });
  require_tensor(is_one || std::ranges::equal(tensor.shape, expected_shape), name, "has the shape ",
                 format_extents(tensor.shape), ", expected ", format_extents(expected_shape));
  require_tensor(convert_counts_from(tensor.dtype, raw(name).data(), tensor.size(), destination), name, "is ",
                 tensor.dtype, ", which cannot be read as ", Dtype::I64);
}

/// Collects tensors and texts, then writes them in one go. Tensors are not copied: what was added must stay until
/// `write`. The same contents give the same bytes, whatever the order in which they were added.
class SafetensorsWriter {
 public:
  /// Throws OptionError where the name is taken or cannot stand in a file, ShapeError where no memory could hold the
  /// shape.
  template <FileScalar T, std::size_t Rank>
  void add(const std::string& name, const Tensor<T, Rank>& tensor) {
    add(name, tensor.shape(), tensor.data());
  }
  template <FileScalar T, std::size_t Rank>
  void add(const std::string& name, Tensor<T, Rank>&& tensor) = delete;  // would not live until write

  /// The elements at `values`, as many as the shape has.
  template <FileScalar T>
  void add(const std::string& name, std::span<const Index> shape, const T* values) {
    add(name, dtype_of<T>(), shape, reinterpret_cast<const std::byte*>(values));
  }
  /// The same, for a shape of the library's.
  template <FileScalar T, std::size_t Rank>
  void add(const std::string& name, const Shape<Rank>& shape, const T* values) {
    add(name, std::span<const Index>(shape.dims), values);
  }

  /// Elements of any type of the format, in its own byte order.
  void add(const std::string& name, Dtype dtype, std::span<const Index> shape, const std::byte* data) {
    const std::string tensor = message("safetensors: tensor ", json_quoted(name));
    require<OptionError>(name != "__metadata__", tensor, " has the name that is kept for the metadata");
    require<OptionError>(is_utf8(name), tensor, " has a name that is not UTF-8");
    require<OptionError>(!header_.tensors.contains(name), tensor, " was added twice");
    require_tensor_bytes(name, dtype, shape);
    header_.tensors[name] = TensorInfo{.dtype = dtype, .shape = {shape.begin(), shape.end()}};
    data_[name] = data;
  }

  /// Text of the file's own, in UTF-8 (otherwise OptionError); the last one under a key counts.
  void set_metadata(const std::string& key, std::string text) {
    require<OptionError>(is_utf8(key) && is_utf8(text), "safetensors: the metadata ", json_quoted(key),
                         " is not UTF-8");
    header_.metadata[key] = std::move(text);
  }

  /// Writes the file, all of it or nothing. Throws FileError, and the old file stays.
  void write(const std::filesystem::path& path) const {
    SafetensorsHeader header = header_;
    assign_offsets(header);
    AtomicFile file(path);
    file.write(format_safetensors_header(header));
    for (const std::string& name : names_by_offset(header)) {
      file.write(std::span(data_.at(name), header.tensors.at(name).bytes));
    }
    file.commit();
  }

 private:
  SafetensorsHeader header_;
  std::map<std::string, const std::byte*, std::less<>> data_;
};

}  // namespace pupil
