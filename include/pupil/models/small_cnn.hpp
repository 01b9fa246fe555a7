#pragma once
// A small network for small, simple pictures: four halvings. Its features are the whole grid, so that a dense layer
// behind it sees where things are.

#include <array>
#include <string>
#include <utility>

#include <pupil/models/feature_network.hpp>
#include <pupil/nn/convolution_block.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/same_padding.hpp>

namespace pupil {

struct SmallCnnOptions {
  Index width = 32;                ///< channels of the first convolution
  Index image_size = 64;           ///< what paddings depend on where they are SAME's
  bool same_padding = false;       ///< TensorFlow's, in place of PyTorch's
  bool frozen_statistics = false;  ///< of all batch norms
};

/// Images [N, H, W, 3] to a grid [N, ceil(H / 16), ceil(W / 16), 4 width], and that as one row. Layers have the names
/// of a Sequential: "0" is the first convolution, "3" the second.
template <class T>
class SmallCnn : public FeatureNetwork<T, Flatten<T>, ConvolutionBlock<T>> {
 public:
  SmallCnn(const SmallCnnOptions& options, Rng& rng) : SmallCnn::FeatureNetwork("12", Flatten<T>()) {
    PaddingPlan paddings(options.image_size, options.same_padding);
    const std::array channels{Index{3}, options.width, 2 * options.width, 4 * options.width, 4 * options.width};
    for (std::size_t i = 0; i + 1 < channels.size(); ++i) {
      const ConvolutionBlockNames names{
          .conv = std::to_string(3 * i), .norm = std::to_string(3 * i + 1), .activation = std::to_string(3 * i + 2)};
      ConvolutionBlock<T> block({.layer = {.conv = {.in_channels = channels[i],
                                                    .out_channels = channels[i + 1],
                                                    .kernel_size = 3,
                                                    .stride = 2,
                                                    .padding = paddings.next(3, 2),
                                                    .bias = false},
                                           .frozen_statistics = options.frozen_statistics},
                                 .names = names},
                                rng);
      this->add(names.conv, "", std::move(block));
    }
  }
};

}  // namespace pupil
