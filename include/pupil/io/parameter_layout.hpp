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
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/io/safetensors.hpp>

namespace pupil {

/// In which order the numbers of convolution weights lie in a file.
enum class ParameterLayout { channels_last, channels_first };

/// `channels_last`, as it stands in a file.
constexpr std::string_view layout_name(ParameterLayout layout) {
  return layout == ParameterLayout::channels_last ? "channels_last" : "channels_first";
}

namespace detail {

inline constexpr const char* layout_key = "parameter_layout";

/// [out, ..., in] -> [out, in, ...] where there are three dimensions or more.
inline std::vector<Index> pytorch_shape(std::span<const Index> shape) {
  std::vector<Index> rotated(shape.begin(), shape.end());
  if (rotated.size() >= 3) std::rotate(rotated.begin() + 1, rotated.end() - 1, rotated.end());
  return rotated;
}

/// Calls `use(i, j)`: element i of a parameter of this shape is element j of PyTorch's.
template <class Use>
void for_each_pytorch_element(std::span<const Index> shape, const Use& use) {
  // Of one or two dimensions, all are one tap of one filter: nothing moves.
  const bool moves = shape.size() >= 3;
  const Index filters = moves ? shape.front() : 1;
  const Index in = moves ? shape.back() : 1;
  Index taps = 1;
  for (const Index extent : moves ? shape.subspan(1, shape.size() - 2) : shape) taps *= extent;
  for (Index out = 0; out < filters; ++out) {
    for (Index tap = 0; tap < taps; ++tap) {
      for (Index c = 0; c < in; ++c) use((out * taps + tap) * in + c, (out * in + c) * taps + tap);
    }
  }
}

/// Whether a parameter of this shape has the same shape in both layouts, but not its elements in the same order.
inline bool fits_both_layouts(std::span<const Index> shape) {
  if (shape.size() < 3 || !std::ranges::equal(shape, pytorch_shape(shape)) || shape.back() <= 1) return false;
  return std::ranges::any_of(shape.subspan(1, shape.size() - 2), [](Index extent) { return extent > 1; });
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

}  // namespace pupil
