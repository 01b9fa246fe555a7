#pragma once
// VGG16: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015, with
// torchvision's names and without the last layer of its classifier, `classifier.6`. Its pooled features are what that
// layer is given, the 4096 of "fc2".

#include <array>
#include <optional>
#include <string>
#include <utility>

#include <pupil/models/feature_network.hpp>
#include <pupil/models/vgg_pooling.hpp>
#include <pupil/nn/convolution_block.hpp>

namespace pupil {

struct Vgg16Options {
  Index width = 64;                ///< channels of the first convolution; all others change in proportion
  bool batch_norm = false;         ///< behind every convolution
  bool frozen_statistics = false;  ///< of all batch norms
};

/// Images [N, H, W, 3] of 32 pixels a side or more to a grid [N, H / 32, W / 32, 8 width] and features [N, 64 width].
/// TensorFlow's padding would be the same.
template <class T>
class Vgg16 : public FeatureNetwork<T, VggPooling<T>, ConvolutionBlock<T>> {
 public:
  Vgg16(const Vgg16Options& options, Rng& rng)
      : Vgg16::FeatureNetwork("", VggPooling<T>({.channels = 8 * options.width, .features = 64 * options.width}, rng)) {
    constexpr std::array<Index, 5> widths{1, 2, 4, 8, 8};
    constexpr std::array<Index, 5> convolutions{2, 2, 3, 3, 3};
    Index channels = 3;
    Index place = 0;  // in torchvision's Sequential
    for (std::size_t stage = 0; stage < widths.size(); ++stage) {
      const Index out_channels = widths[stage] * options.width;
      for (Index i = 0; i < convolutions[stage]; ++i) {
        const bool last = i + 1 == convolutions[stage];
        const Index activation = place + (options.batch_norm ? 2 : 1);
        const ConvolutionBlockNames names{.conv = std::to_string(place),
                                          .norm = std::to_string(place + 1),
                                          .activation = std::to_string(activation),
                                          .pool = std::to_string(activation + 1)};
        ConvolutionBlock<T> block(
            {.layer = {.conv = {.in_channels = channels, .out_channels = out_channels, .kernel_size = 3, .padding = 1},
                       .norm = options.batch_norm,
                       .frozen_statistics = options.frozen_statistics},
             .pool = last ? std::optional(MaxPool2dOptions{.kernel_size = 2}) : std::nullopt,
             .names = names},
            rng);
        this->add(message("features.", place), "features", std::move(block));
        place = activation + (last ? 2 : 1);
        channels = out_channels;
      }
    }
    this->begin_filters(rng);
  }
};

}  // namespace pupil
