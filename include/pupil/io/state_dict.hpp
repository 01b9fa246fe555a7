#pragma once
// PyTorch's state dicts in safetensors files: a model's parameters and buffers under PyTorch's names, and laid out as
// PyTorch lays them out.
//
// The layouts are those of parameter_layout.hpp: weights of convolutions have their channels second in PyTorch, and
// last here. A file that says that its channels are last is read as well.
//
// A tensor is moved, never computed with, so what was loaded is saved again bit for bit. A Dense layer behind a Flatten
// sees the features in PyTorch's order where the Flatten was made with `channels_first`.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/storage.hpp>
#include <pupil/io/parameter_layout.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/io/state_dict_items.hpp>
#include <pupil/io/state_dict_names.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil {

struct LoadStateDictOptions {
  std::string prefix = {};  ///< what the names of this model begin with in the file: "encoder."
  /// Whether the file must have all that the model has, and nothing else under the prefix. If not, what is missing
  /// stays as it is in the model, and what is left over is not read.
  bool strict = true;
};

/// What of a model and of a file did not come together; names are as they stand, or would stand, in the file.
struct IncompatibleNames {
  std::vector<std::string> missing = {};     ///< the model has these, the file does not
  std::vector<std::string> unexpected = {};  ///< the file has these under the prefix, the model does not

  bool empty() const { return missing.empty() && unexpected.empty(); }
  bool operator==(const IncompatibleNames&) const = default;
};

namespace detail {

/// `tensor "a" is not in this file; tensors "b", "c" have no place in this model`
inline std::string described(const IncompatibleNames& names) {
  std::string text;
  const auto add = [&](const std::vector<std::string>& some, std::string_view of_one, std::string_view of_several) {
    if (some.empty()) return;
    if (!text.empty()) text += "; ";
    text += message(some.size() == 1 ? "tensor " : "tensors ", joined(some, ", ", json_quoted), ' ',
                    some.size() == 1 ? of_one : of_several);
  };
  add(names.missing, "is not in this file", "are not in this file");
  add(names.unexpected, "has no place in this model", "have no place in this model");
  return text;
}

/// The number of batches that a batch norm has seen counts for nothing in inference: it may be absent, and of any type,
/// as casts of a whole state dict leave it.
inline bool counts_batches(std::string_view name) { return name.ends_with("num_batches_tracked"); }

inline void read_pytorch_buffer(const SafetensorsFile& file, const std::string& name, const ModelItem& buffer) {
  if (!buffer.holds<std::int64_t>() || !counts_batches(name)) return read_item(file, name, buffer);
  file.read_counts_into(name, buffer.shape(), buffer.values<std::int64_t>().data());
}

}  // namespace detail

/// Prints `tensor "a" is not in this file; tensors "b", "c" have no place in this model`, or `all names match`.
inline std::ostream& operator<<(std::ostream& out, const IncompatibleNames& names) {
  return out << (names.empty() ? std::string("all names match") : detail::described(names));
}

/// Fills a model from the PyTorch state dict whose names begin with the prefix, and returns what was left out on both
/// sides; that is nothing where it is strict. What has several names in the model may be there under any or all of
/// them. The number of batches that a batch norm has seen may be absent.
///
/// Throws FileError before anything is read where it is strict and tensors are missing or left over, naming all of
/// them; and, with the model partly filled, where a tensor has another shape (both are named), or where two that are
/// one in the model differ.
inline IncompatibleNames load_state_dict(const SafetensorsFile& file, const ModelRef& model,
                                         const LoadStateDictOptions& options) {
  const ParameterLayout layout = stated_layout(file).value_or(ParameterLayout::channels_first);
  detail::StateDictNames names(file, options.prefix);
  constexpr std::array kinds{ItemKind::parameter, ItemKind::buffer};
  IncompatibleNames left_out{names.missing(ItemKind::parameter, model), names.unexpected(kinds, model)};
  for (std::string& name : names.missing(ItemKind::buffer, model)) {
    if (!detail::counts_batches(name)) left_out.missing.push_back(std::move(name));
  }
  require<FileError>(!options.strict || left_out.empty(), file.path().string(), ": ", detail::described(left_out));

  names.read_each(ItemKind::parameter, model, [&](const std::string& name, const ModelItem& parameter) {
    if (file.contains(name)) read_parameter(file, layout, name, parameter);
  });
  names.read_each(ItemKind::buffer, model, [&](const std::string& name, const ModelItem& buffer) {
    if (file.contains(name)) detail::read_pytorch_buffer(file, name, buffer);
  });
  return left_out;
}

/// As above, strictly.
inline void load_state_dict(const SafetensorsFile& file, const ModelRef& model, const std::string& prefix = "") {
  static_cast<void>(load_state_dict(file, model, LoadStateDictOptions{.prefix = prefix}));
}

/// As above, of the file with this path.
inline IncompatibleNames load_state_dict(const std::filesystem::path& path, const ModelRef& model,
                                         const LoadStateDictOptions& options = {}) {
  return load_state_dict(SafetensorsFile(path), model, options);
}

/// Writes a model as the safetensors file of a PyTorch state dict: all or nothing. What has several names in the model
/// is written under each of them, as PyTorch does. Texts of `metadata` stand in the file besides. Throws FileError.
inline void save_state_dict(const std::filesystem::path& path, const ConstModelRef& model,
                            const std::map<std::string, std::string>& metadata = {}) {
  SafetensorsWriter writer;
  for (const auto& [key, text] : metadata) writer.set_metadata(key, text);
  state_layout(writer, ParameterLayout::channels_first);
  std::deque<Storage<std::byte>> copies;  // stay where they are as others come
  using detail::VisitedItems;
  model.for_each_name(
      ItemKind::parameter, [&](const Name& name, const ConstModelItem& parameter, VisitedItems::Place place) {
        detail::with_floats(parameter, [&]<class T>(const std::span<const T>& values) {
          if (place.is_new) {
            auto& copy = copies.emplace_back(parameter.size() * static_cast<Index>(sizeof(T)));
            T* const copied = reinterpret_cast<T*>(copy.data());
            detail::for_each_pytorch_element(
                parameter.shape(), [&](Index i, Index j) { copied[j] = values[static_cast<std::size_t>(i)]; });
          }
          const std::byte* const data = copies[static_cast<std::size_t>(place.index)].data();
          writer.add(name.str(), dtype_of<T>(), detail::pytorch_shape(parameter.shape()), data);
        });
      });
  model.for_each_name(ItemKind::buffer, [&](const Name& name, const ConstModelItem& buffer, VisitedItems::Place) {
    detail::add_item(writer, name.str(), buffer);
  });
  writer.write(path);
}

}  // namespace pupil
