#pragma once
// How many floating-point operations the products of a forward pass take, a multiply-add being two. A backward pass
// takes as many for each of its two gradients.

#include <array>
#include <string>

#include <pupil/core/shape.hpp>

namespace bench {

using pupil::Index;

/// A convolution of square images that are padded by half the kernel.
struct Convolution {
  Index in_size = 0;  ///< height and width
  Index in_channels = 0;
  Index out_channels = 0;
  Index kernel_size = 0;
  Index stride = 1;
  Index count = 1;  ///< how often the network has it
  Index groups = 1;

  constexpr Index out_size() const { return (in_size + stride - 1) / stride; }

  /// For one image.
  constexpr double operations() const {
    return 2.0 * static_cast<double>(out_size() * out_size() * out_channels * kernel_size * kernel_size * in_channels /
                                     groups);
  }

  /// "56x56x64->64k3s1": height, width and channels of the input, channels of the output, kernel size, stride; and
  /// "g64" behind that for 64 groups.
  std::string name() const {
    const std::string size = std::to_string(in_size);
    return size + 'x' + size + 'x' + std::to_string(in_channels) + "->" + std::to_string(out_channels) + 'k' +
           std::to_string(kernel_size) + 's' + std::to_string(stride) +
           (groups > 1 ? 'g' + std::to_string(groups) : std::string());
  }
};

/// ResNet-18's at 224 x 224 pixels, in its order; the ones with kernel size 1 are shortcuts.
inline constexpr std::array<Convolution, 11> resnet18_convolutions{{
    {224, 3, 64, 7, 2, 1},
    {56, 64, 64, 3, 1, 4},
    {56, 64, 128, 3, 2, 1},
    {56, 64, 128, 1, 2, 1},
    {28, 128, 128, 3, 1, 3},
    {28, 128, 256, 3, 2, 1},
    {28, 128, 256, 1, 2, 1},
    {14, 256, 256, 3, 1, 3},
    {14, 256, 512, 3, 2, 1},
    {14, 256, 512, 1, 2, 1},
    {7, 512, 512, 3, 1, 3},
}};

/// SmallCnn's, of its default width, at 64 x 64 pixels.
inline constexpr std::array<Convolution, 4> small_cnn_convolutions{{
    {64, 3, 32, 3, 2, 1},
    {32, 32, 64, 3, 2, 1},
    {16, 64, 128, 3, 2, 1},
    {8, 128, 128, 3, 1, 1},
}};

/// Depthwise ones of MobileNetV2 at 224 x 224 pixels.
inline constexpr std::array<Convolution, 4> mobilenet_v2_depthwise_convolutions{{
    {112, 32, 32, 3, 1, 1, 32},
    {56, 144, 144, 3, 2, 1, 144},
    {14, 384, 384, 3, 1, 4, 384},
    {7, 960, 960, 3, 1, 3, 960},
}};

/// For one image.
template <std::size_t Count>
constexpr double convolution_operations(const std::array<Convolution, Count>& convolutions) {
  double sum = 0;
  for (const Convolution& each : convolutions) sum += static_cast<double>(each.count) * each.operations();
  return sum;
}

/// ResNet-18 at 224 x 224 pixels with 1000 classes is known to take 1.81 G multiply-adds, 0.5 M of them in its head.
static_assert(convolution_operations(resnet18_convolutions) == 2.0 * 1'813'561'344);

constexpr double product_operations(Index rows, Index columns, Index depth) {
  return 2.0 * static_cast<double>(rows) * static_cast<double>(columns) * static_cast<double>(depth);
}

/// `steps`: of all sequences together.
constexpr double lstm_operations(Index steps, Index input_size, Index hidden_size) {
  return product_operations(steps, 4 * hidden_size, input_size + hidden_size);
}

}  // namespace bench
