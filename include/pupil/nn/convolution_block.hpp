#pragma once
// ConvolutionBlock: a part of an image network that is no more than a convolution, its norm and activation, and the max
// pooling behind it where there is one: the beginnings of ResNet and MobileNetV2, and all of VGG.

#include <optional>
#include <string>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/conv2d_norm_activation.hpp>
#include <pupil/nn/max_pool2d.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// What the layers of a block are called where they lie: networks disagree on that.
struct ConvolutionBlockNames {
  std::string conv = "0";
  std::string norm = "1";
  std::string activation = "2";
  std::string pool = "3";
};

struct ConvolutionBlockOptions {
  Conv2dNormActivationOptions layer;
  std::optional<MaxPool2dOptions> pool{};
  ConvolutionBlockNames names{};
};

template <class T>
class ConvolutionBlock {
 public:
  struct Context {
    typename Conv2dNormActivation<T>::Context layer;
    typename MaxPool2d<T>::Context pool;
  };

  /// Throws what its layers throw.
  ConvolutionBlock(const ConvolutionBlockOptions& options, Rng& rng) : options_(options), layer_(options.layer, rng) {
    if (options.pool) pool_.emplace(*options.pool);
  }

  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    auto y = layer_.forward(x);
    if (pool_) return pool_->forward(std::as_const(y));
    return y;
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) {
    const detail::EmptiedByException emptied(context);
    auto y = layer_.forward(std::move(x), context.layer);
    if (pool_) return pool_->forward(std::move(y), context.pool);
    return y;
  }

  Tensor<T, 4> backward(Tensor<T, 4> dy, const Context& context) {
    return layer_.backward(behind_pool(std::move(dy), context), context.layer);
  }

  /// As backward, without dx.
  void backward_parameters(Tensor<T, 4> dy, const Context& context) {
    layer_.backward_parameters(behind_pool(std::move(dy), context), context.layer);
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const {
    const Shape<4> y = layer_.output_shape(x);
    return pool_ ? pool_->output_shape(y) : y;
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<4> summarize(Table& table, const Name& name, const Shape<4>& x) const {
    const Shape<4> y = layer_.summarize(table, name / options_.names.conv, name / options_.names.norm,
                                        name / options_.names.activation, x);
    return pool_ ? table.add(name / options_.names.pool, *pool_, y) : y;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    layer_.visit(visitor, name / options_.names.conv, name / options_.names.norm);
  }

  const ConvolutionBlockOptions& options() const { return options_; }

 private:
  Tensor<T, 4> behind_pool(Tensor<T, 4> dy, const Context& context) const {
    if (pool_) return pool_->backward(dy, context.pool);
    return dy;
  }

  ConvolutionBlockOptions options_;
  Conv2dNormActivation<T> layer_;
  std::optional<MaxPool2d<T>> pool_;
};

}  // namespace pupil
