#pragma once
// A small network for small, simple pictures: four halvings, and a dense layer that sees where things are.

#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/sequential.hpp>

namespace pupil {

struct SmallCnnOptions {
  Index image_size = 64;  ///< height and width of the images
  Index width = 32;       ///< channels of the first convolution
  Index out_features = 512;
};

/// Images [N, image_size, image_size, 3] to features [N, out_features].
template <class T>
class SmallCnn {
  using Net = Sequential<Conv2d<T>, BatchNorm2d<T>, Relu<T>, Conv2d<T>, BatchNorm2d<T>, Relu<T>, Conv2d<T>,
                         BatchNorm2d<T>, Relu<T>, Conv2d<T>, BatchNorm2d<T>, Relu<T>, Flatten<T>, Dense<T>>;

 public:
  using Context = typename Net::Context;

  SmallCnn(const SmallCnnOptions& options, Rng& rng)
      : net_(conv(3, options.width, 2, rng), norm(options.width), Relu<T>(),                          //
             conv(options.width, 2 * options.width, 2, rng), norm(2 * options.width), Relu<T>(),      //
             conv(2 * options.width, 4 * options.width, 2, rng), norm(4 * options.width), Relu<T>(),  //
             conv(4 * options.width, 4 * options.width, 2, rng), norm(4 * options.width), Relu<T>(),  //
             Flatten<T>(),
             Dense<T>({.in_features = 4 * options.width * last_extent(options) * last_extent(options),
                       .out_features = options.out_features},
                      rng)) {}

  Tensor<T, 2> forward(const Tensor<T, 4>& images) const { return net_.forward(images); }
  Tensor<T, 2> forward(Tensor<T, 4> images, Context& context) { return net_.forward(std::move(images), context); }

  /// Adds to the parameters' gradients.
  void backward(const Tensor<T, 2>& dy, const Context& context) { net_.backward(dy, context); }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<2> summarize(Table& table, const Name& name, const Shape<4>& images) {
    return net_.summarize(table, name, images);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    net_.visit(visitor, name);
  }

 private:
  static Conv2d<T> conv(Index in_channels, Index out_channels, Index stride, Rng& rng) {
    return Conv2d<T>({.in_channels = in_channels,
                      .out_channels = out_channels,
                      .kernel_size = 3,
                      .stride = stride,
                      .padding = 1,
                      .bias = false},
                     rng);
  }
  static BatchNorm2d<T> norm(Index channels) { return BatchNorm2d<T>({.num_features = channels}); }

  /// Four strides of two, each rounding up.
  static Index last_extent(const SmallCnnOptions& options) { return (options.image_size + 15) / 16; }

  Net net_;
};

}  // namespace pupil
