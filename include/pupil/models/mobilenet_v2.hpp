#pragma once
// MobileNetV2: Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: inverted residuals and linear bottlenecks", 2018,
// with torchvision's names and beginnings, and without its classifier `classifier.1`.

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include <pupil/models/feature_network.hpp>
#include <pupil/nn/convolution_block.hpp>
#include <pupil/nn/global_avg_pool2d.hpp>
#include <pupil/nn/inverted_residual.hpp>
#include <pupil/nn/same_padding.hpp>

namespace pupil {

struct MobileNetV2Options {
  Index width = 32;                ///< channels of the first convolution; all others change in proportion
  Index image_size = 224;          ///< what paddings depend on where they are SAME's
  bool same_padding = false;       ///< TensorFlow's, in place of PyTorch's
  bool frozen_statistics = false;  ///< of all batch norms
};

/// Images [N, H, W, 3] to a grid [N, ceil(H / 32), ceil(W / 32), 1280], or more channels where the width is above 32,
/// and its mean.
template <class T>
class MobileNetV2 : public FeatureNetwork<T, GlobalAvgPool2d<T>, ConvolutionBlock<T>, InvertedResidual<T>> {
 public:
  MobileNetV2(const MobileNetV2Options& options, Rng& rng) : MobileNetV2::FeatureNetwork("avgpool", {}) {
    struct Stage {
      Index expand_ratio, channels, blocks, stride;
    };
    constexpr std::array<Stage, 7> stages{
        {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};
    PaddingPlan paddings(options.image_size, options.same_padding);
    Index number = 0;
    const auto add = [&](auto block) { this->add(message("features.", number++), std::move(block)); };
    const auto convolution = [&](const Conv2dOptions& conv) {
      return ConvolutionBlock<T>(
          {.layer = {.conv = conv, .activation = Activation::relu6, .frozen_statistics = options.frozen_statistics}},
          rng);
    };

    add(convolution({.in_channels = 3,
                     .out_channels = options.width,
                     .kernel_size = 3,
                     .stride = 2,
                     .padding = paddings.next(3, 2),
                     .bias = false}));
    Index channels = options.width;
    for (const Stage& stage : stages) {
      const Index out_channels = scaled(stage.channels, options.width);
      for (Index i = 0; i < stage.blocks; ++i) {
        const Index stride = i == 0 ? stage.stride : 1;
        add(InvertedResidual<T>({.in_channels = channels,
                                 .out_channels = out_channels,
                                 .stride = stride,
                                 .expand_ratio = stage.expand_ratio,
                                 .padding = paddings.next(3, stride),
                                 .frozen_statistics = options.frozen_statistics},
                                rng));
        channels = out_channels;
      }
    }
    const Index last_channels = scaled(1280, std::max<Index>(options.width, 32));
    add(convolution({.in_channels = channels, .out_channels = last_channels, .bias = false}));
    this->begin_filters(rng);
  }

 private:
  /// The channels of a network of width 32, for this width: a multiple of 8 where the width is one, and at least nine
  /// tenths of what the proportion asks for.
  static Index scaled(Index channels, Index width) {
    const Index divisor = std::gcd(width, Index{8});
    const Index wanted = channels * width;  // in parts of 32
    const Index rounded = std::max(divisor, (wanted / 32 + divisor / 2) / divisor * divisor);
    return 10 * 32 * rounded < 9 * wanted ? rounded + divisor : rounded;
  }
};

}  // namespace pupil
