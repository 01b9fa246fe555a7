#pragma once
// PyTorch's state dicts in safetensors files: a model's parameters and buffers under PyTorch's names, and laid out as
// PyTorch lays them out.
//
// The layouts are those of parameter_layout.hpp: weights of convolutions have their channels second in PyTorch, and
// last here. A file that says that its channels are last is read as well.
//
// A tensor is moved, never computed with, so what was loaded is saved again bit for bit. A Dense layer behind a Flatten
// sees the features in PyTorch's order where the Flatten was made with `channels_first`.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <pupil/core/storage.hpp>
#include <pupil/io/parameter_layout.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/io/state_dict_items.hpp>
#include <pupil/io/state_dict_names.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil {

namespace detail {

/// Fills a buffer. The number of batches that a batch norm has seen counts for nothing in inference: it may be absent,
/// and of any type, as casts of a whole state dict leave it.
inline void read_pytorch_buffer(const SafetensorsFile& file, const std::string& name, const ModelItem& buffer) {
  const bool counts_batches = buffer.holds<std::int64_t>() && std::string_view(name).ends_with("num_batches_tracked");
  if (!counts_batches) return read_item(file, name, buffer);
  if (file.contains(name)) file.read_counts_into(name, buffer.shape(), buffer.values<std::int64_t>().data());
}

}  // namespace detail

/// Fills a model from the PyTorch state dict whose names begin with `prefix`. What has several names in the model may
/// be there under any or all of them. Throws FileError, naming the tensor, where one is missing, has another shape
/// (both are named), is left over, or where two that are one in the model differ; the model is then partly filled.
inline void load_state_dict(const SafetensorsFile& file, const ModelRef& model, const std::string& prefix = "") {
  const ParameterLayout layout = stated_layout(file).value_or(ParameterLayout::channels_first);
  detail::StateDictNames names(file, prefix);
  names.read_each(ItemKind::parameter, model, [&](const std::string& name, const ModelItem& parameter) {
    read_parameter(file, layout, name, parameter);
  });
  names.read_each(ItemKind::buffer, model, [&](const std::string& name, const ModelItem& buffer) {
    detail::read_pytorch_buffer(file, name, buffer);
  });
  names.require_all_read();
}

/// As above, from a file that holds one state dict.
inline void load_state_dict(const std::filesystem::path& path, const ModelRef& model) {
  load_state_dict(SafetensorsFile(path), model);
}

/// Writes a model as the safetensors file of a PyTorch state dict: all or nothing. What has several names in the model
/// is written under each of them, as PyTorch does. Throws FileError.
inline void save_state_dict(const std::filesystem::path& path, const ConstModelRef& model) {
  SafetensorsWriter writer;
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
