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
#include <string>
#include <string_view>
#include <type_traits>

#include <pupil/core/tensor.hpp>
#include <pupil/io/parameter_layout.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/io/state_dict_names.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil {

namespace detail {

/// Fills a buffer. The number of batches that a batch norm has seen counts for nothing in inference: it may be absent,
/// and of any type, as casts of a whole state dict leave it.
template <class T, std::size_t Rank>
void read_pytorch_buffer(const SafetensorsFile& file, const std::string& name, Tensor<T, Rank>& buffer) {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    const bool counts_batches = std::string_view(name).ends_with("num_batches_tracked");
    if (counts_batches && !file.contains(name)) return;
    if (counts_batches) return file.read_counts_into(name, buffer.shape().dims, buffer.data());
  }
  file.read_into(name, buffer.shape(), buffer.data());
}

}  // namespace detail

/// Fills a model from the PyTorch state dict whose names begin with `prefix`. What has several names in the model may
/// be there under any or all of them. Throws FileError, naming the tensor, where one is missing, has another shape
/// (both are named), is left over, or where two that are one in the model differ; the model is then partly filled.
template <class Model>
void load_state_dict(const SafetensorsFile& file, Model& model, const std::string& prefix = "") {
  const ParameterLayout layout = stated_layout(file).value_or(ParameterLayout::channels_first);
  detail::StateDictNames names(file, prefix);
  names.read_each<detail::Parameters>(
      model, [&](const std::string& name, auto& parameter) { read_parameter(file, layout, name, parameter.value); });
  names.read_each<detail::Buffers>(
      model, [&](const std::string& name, auto& buffer) { detail::read_pytorch_buffer(file, name, buffer); });
  names.require_all_read();
}

/// As above, from a file that holds one state dict.
template <class Model>
void load_state_dict(const std::filesystem::path& path, Model& model) {
  load_state_dict(SafetensorsFile(path), model);
}

/// Writes a model as the safetensors file of a PyTorch state dict: all or nothing. What has several names in the model
/// is written under each of them, as PyTorch does. Throws FileError.
template <class Model>
void save_state_dict(const std::filesystem::path& path, Model& model) {
  SafetensorsWriter writer;
  state_layout(writer, ParameterLayout::channels_first);
  std::deque<Storage<std::byte>> copies;  // stay where they are as others come
  detail::for_each_name<detail::Parameters>(model, [&](const Name& name, auto& parameter, auto place) {
    auto& value = parameter.value;
    using T = typename std::remove_cvref_t<decltype(value)>::Scalar;
    if (place.is_new) {
      auto& copy = copies.emplace_back(value.size() * static_cast<Index>(sizeof(T)));
      T* const values = reinterpret_cast<T*>(copy.data());
      detail::for_each_pytorch_element(value.shape(), [&](Index i, Index j) { values[j] = value[i]; });
    }
    const std::byte* const data = copies[static_cast<std::size_t>(place.index)].data();
    writer.add(name.str(), dtype_of<T>(), detail::pytorch_shape(value.shape()).dims, data);
  });
  detail::for_each_name<detail::Buffers>(model,
                                         [&](const Name& name, auto& buffer, auto) { writer.add(name.str(), buffer); });
  writer.write(path);
}

}  // namespace pupil
