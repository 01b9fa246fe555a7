#pragma once
// How parameters lie in a file. Names are the same here and in PyTorch, and so are most layouts: [out, in] of dense
// layers, the gates of recurrent layers in their order with both biases, [tokens, features] of embeddings. Only
// parameters of three and more dimensions, the weights of convolutions, differ:
//
//   channels_last, pupil's    [out, height, width, in]
//   channels_first, PyTorch's [out, in, height, width]
//
// Shapes do not always tell one from the other: [8, 3, 3, 3] is both. Whoever writes a model says in the file's
// metadata, under "parameter_layout", which it is, and whoever reads one goes by that.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <pupil/core/tensor.hpp>
#include <pupil/io/safetensors.hpp>

namespace pupil {

enum class ParameterLayout { channels_last, channels_first };

/// `channels_last`, as it stands in a file.
constexpr std::string_view layout_name(ParameterLayout layout) {
  return layout == ParameterLayout::channels_last ? "channels_last" : "channels_first";
}

namespace detail {

inline constexpr const char* layout_key = "parameter_layout";

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

/// Whether a parameter of this shape has the same shape in both layouts, but not its elements in the same order.
template <std::size_t Rank>
bool fits_both_layouts(const Shape<Rank>& shape) {
  if constexpr (Rank >= 3) {
    const Index in = shape[Rank - 1];
    return shape == pytorch_shape(shape) && in > 1 && shape.size() > shape[0] * in;
  } else {
    return false;
  }
}

}  // namespace detail

/// Says in the file that its parameters lie so.
inline void state_layout(SafetensorsWriter& writer, ParameterLayout layout) {
  writer.set_metadata(detail::layout_key, std::string(layout_name(layout)));
}

/// What a file says of its parameters' layout, by "parameter_layout" or by the "format" of its writer: "pt" is
/// PyTorch's, "pupil ..." of older files and "mlx" have their channels last. Nothing where it says nothing. Throws
/// FileError where it says something else, such as the "tf" and "flax" of TensorFlow and Flax.
inline std::optional<ParameterLayout> stated_layout(const SafetensorsFile& file) {
  const auto& metadata = file.metadata();
  if (const auto stated = metadata.find(detail::layout_key); stated != metadata.end()) {
    for (const auto layout : {ParameterLayout::channels_last, ParameterLayout::channels_first}) {
      if (stated->second == layout_name(layout)) return layout;
    }
    throw FileError(message(file.path().string(), ": the metadata say of the parameters' layout ",
                            json_quoted(stated->second), ", which is neither channels_last nor channels_first"));
  }
  const auto format = metadata.find("format");
  if (format == metadata.end()) return std::nullopt;
  const std::string& text = format->second;
  require<FileError>(text != "tf" && text != "flax", file.path().string(), ": its format is ", json_quoted(text),
                     ": parameters as TensorFlow and Flax lay them out are not read, save the model from PyTorch");
  if (text.starts_with("pupil ") || text == "mlx") return ParameterLayout::channels_last;
  if (text == "pt") return ParameterLayout::channels_first;
  return std::nullopt;
}

/// Fills a parameter from a tensor that lies in the file like this. Throws FileError, naming the tensor and both
/// shapes, where it is missing or has another shape.
template <class T, std::size_t Rank>
void read_parameter(const SafetensorsFile& file, ParameterLayout layout, const std::string& name,
                    Tensor<T, Rank>& parameter) {
  if (Rank < 3 || layout == ParameterLayout::channels_last) {
    return file.read_into(name, parameter.shape(), parameter.data());
  }
  auto stored = Tensor<T, Rank>::uninitialized(detail::pytorch_shape(parameter.shape()));
  file.read_into(name, stored.shape(), stored.data());
  detail::for_each_pytorch_element(parameter.shape(), [&](Index i, Index j) { parameter[i] = stored[j]; });
}

}  // namespace pupil
