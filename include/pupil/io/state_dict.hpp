#pragma once
// PyTorch's state dicts in safetensors files: a model's parameters and buffers under PyTorch's names, and laid out as
// PyTorch lays them out.
//
// Names are the same on both sides, and so are most layouts: [out, in] of dense layers, the gates of recurrent layers
// in their order with both biases, [tokens, features] of embeddings. Only parameters of three and more dimensions, the
// weights of convolutions, differ: pupil's have their input channels last, PyTorch's second.
//
//   pupil  [out, height, width, in]        PyTorch  [out, in, height, width]
//
// A tensor is moved, never computed with, so what was loaded is saved again bit for bit. A Dense layer behind a Flatten
// sees the features in PyTorch's order where the Flatten was made with `channels_first`.

#include <algorithm>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <set>
#include <string>
#include <type_traits>

#include <pupil/core/tensor.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil {

namespace detail {

/// [out, ..., in] -> [out, in, ...] where there are three dimensions or more.
template <std::size_t Rank>
Shape<Rank> pytorch_shape(Shape<Rank> shape) {
  if constexpr (Rank >= 3) std::rotate(shape.dims.begin() + 1, shape.dims.end() - 1, shape.dims.end());
  return shape;
}

/// Calls `use(i, j)`: element i of a parameter of this shape is element j of PyTorch's.
template <std::size_t Rank, class Use>
void for_each_pytorch_element(const Shape<Rank>& shape, const Use& use) {
  if constexpr (Rank >= 3) {
    const Index in = shape[Rank - 1];
    const Index taps = in == 0 || shape[0] == 0 ? 0 : shape.size() / shape[0] / in;
    for (Index out = 0; out < shape[0]; ++out) {
      for (Index tap = 0; tap < taps; ++tap) {
        for (Index c = 0; c < in; ++c) use((out * taps + tap) * in + c, (out * in + c) * taps + tap);
      }
    }
  } else {
    for (Index i = 0; i < shape.size(); ++i) use(i, i);
  }
}

/// Calls `use(name, shape, data)` for every parameter's value and every buffer.
template <class Model, class Use>
void for_each_state(Model& model, const Use& use) {
  for_each_parameter(model, [&](const Name& name, auto& parameter) { use(name, parameter.value, std::true_type{}); });
  for_each_buffer(model, [&](const Name& name, auto& buffer) { use(name, buffer, std::false_type{}); });
}

}  // namespace detail

/// A tensor that lies in the file as PyTorch lays out parameters. Throws FileError, naming the tensor and both shapes,
/// where it is missing or has another shape than `parameter`, which it fills.
template <class T, std::size_t Rank>
void read_pytorch_parameter(const SafetensorsFile& file, const std::string& name, Tensor<T, Rank>& parameter) {
  auto stored = Tensor<T, Rank>::uninitialized(detail::pytorch_shape(parameter.shape()));
  file.read_into(name, stored.shape(), stored.data());
  detail::for_each_pytorch_element(parameter.shape(), [&](Index i, Index j) { parameter[i] = stored[j]; });
}

/// Fills a model from the PyTorch state dict whose names begin with `prefix`. Throws FileError, naming the tensor,
/// where one is missing, has another shape (both are named), or is left over; the model is then partly filled.
template <class Model>
void load_state_dict(const SafetensorsFile& file, Model& model, const std::string& prefix = "") {
  std::set<std::string> expected;
  detail::for_each_state(model, [&]<class State>(const Name& name, State& tensor, auto is_parameter) {
    const std::string full_name = prefix + name.str();
    if constexpr (is_parameter()) {
      read_pytorch_parameter(file, full_name, tensor);
    } else {
      file.read_into(full_name, tensor.shape(), tensor.data());
    }
    expected.insert(full_name);
  });
  for (const std::string& name : file.names()) {
    file.require_tensor(!name.starts_with(prefix) || expected.contains(name), name, "has no place in this model");
  }
}

/// As above, from a file that holds one state dict.
template <class Model>
void load_state_dict(const std::filesystem::path& path, Model& model) {
  load_state_dict(SafetensorsFile(path), model);
}

/// Writes a model as the safetensors file of a PyTorch state dict: all or nothing. Throws FileError.
template <class Model>
void save_state_dict(const std::filesystem::path& path, Model& model) {
  SafetensorsWriter writer;
  std::deque<Storage<std::byte>> copies;  // stay where they are as others come
  detail::for_each_state(model, [&]<class State>(const Name& name, State& tensor, auto is_parameter) {
    using T = typename State::Scalar;
    if constexpr (is_parameter()) {
      auto& copy = copies.emplace_back(tensor.size() * static_cast<Index>(sizeof(T)));
      T* const values = reinterpret_cast<T*>(copy.data());
      detail::for_each_pytorch_element(tensor.shape(), [&](Index i, Index j) { values[j] = tensor[i]; });
      writer.add(name.str(), detail::pytorch_shape(tensor.shape()), static_cast<const T*>(values));
    } else {
      writer.add(name.str(), tensor);
    }
  });
  writer.write(path);
}

}  // namespace pupil
