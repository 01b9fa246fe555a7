#pragma once
// ResNet: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2016, with torchvision's names and
// beginnings, and without its classifier `fc`.

#include <array>
#include <string>
#include <utility>

#include <pupil/models/feature_network.hpp>
#include <pupil/nn/basic_block.hpp>
#include <pupil/nn/bottleneck.hpp>
#include <pupil/nn/convolution_block.hpp>
#include <pupil/nn/global_avg_pool2d.hpp>
#include <pupil/nn/same_padding.hpp>

namespace pupil {

struct ResNetOptions {
  std::array<Index, 4> blocks{2, 2, 2, 2};  ///< in each of the four stages
  bool bottleneck = false;                  ///< whether the blocks are Bottlenecks, as from ResNet-50 on
  Index width = 64;                         ///< channels of the first stage; every further stage doubles them
  Index image_size = 224;                   ///< what paddings depend on where they are SAME's
  bool same_padding = false;                ///< TensorFlow's, in place of PyTorch's
  bool frozen_statistics = false;           ///< of all batch norms
};

/// The blocks of the four stages, by their names.
inline constexpr ResNetOptions resnet18_options{};
/// Of ResNet-34.
inline constexpr ResNetOptions resnet34_options{.blocks = {3, 4, 6, 3}};
/// Of ResNet-50.
inline constexpr ResNetOptions resnet50_options{.blocks = {3, 4, 6, 3}, .bottleneck = true};
/// Of ResNet-101.
inline constexpr ResNetOptions resnet101_options{.blocks = {3, 4, 23, 3}, .bottleneck = true};

/// Images [N, H, W, 3] to a grid [N, ceil(H / 32), ceil(W / 32), 8 width], or 32 width of bottlenecks, and its mean.
template <class T>
class ResNet : public FeatureNetwork<T, GlobalAvgPool2d<T>, ConvolutionBlock<T>, BasicBlock<T>, Bottleneck<T>> {
 public:
  ResNet(const ResNetOptions& options, Rng& rng) : ResNet::FeatureNetwork("avgpool", {}) {
    PaddingPlan paddings(options.image_size, options.same_padding);
    const Padding2d padding = paddings.next(7, 2);
    const Padding2d pool_padding = paddings.next(3, 2);
    ConvolutionBlock<T> first({.layer = {.conv = {.in_channels = 3,
                                                  .out_channels = options.width,
                                                  .kernel_size = 7,
                                                  .stride = 2,
                                                  .padding = padding,
                                                  .bias = false},
                                         .frozen_statistics = options.frozen_statistics},
                               .pool = MaxPool2dOptions{.kernel_size = 3, .stride = 2, .padding = pool_padding},
                               .names = {.conv = "conv1", .norm = "bn1", .activation = "relu", .pool = "maxpool"}},
                              rng);
    this->add("conv1", "", std::move(first));

    Index channels = options.width;
    for (std::size_t stage = 0; stage < options.blocks.size(); ++stage) {
      const Index hidden = options.width << stage;
      const Index out_channels = options.bottleneck ? 4 * hidden : hidden;
      for (Index number = 0; number < options.blocks[stage]; ++number) {
        const Index stride = stage > 0 && number == 0 ? 2 : 1;
        const Padding2d block_padding = paddings.next(3, stride);
        const std::string name = message("layer", stage + 1, ".", number);
        if (options.bottleneck) {
          this->add(name, Bottleneck<T>({.in_channels = channels,
                                         .hidden_channels = hidden,
                                         .out_channels = out_channels,
                                         .stride = stride,
                                         .padding = block_padding,
                                         .frozen_statistics = options.frozen_statistics},
                                        rng));
        } else {
          this->add(name, BasicBlock<T>({.in_channels = channels,
                                         .out_channels = out_channels,
                                         .stride = stride,
                                         .padding = block_padding,
                                         .frozen_statistics = options.frozen_statistics},
                                        rng));
        }
        channels = out_channels;
      }
    }
    this->begin_filters(rng);
  }
};

}  // namespace pupil
