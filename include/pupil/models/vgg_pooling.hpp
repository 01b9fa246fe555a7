#pragma once
// VggPooling: from VGG's grid to its features. Pooling to 7x7 makes images of any size alike; two dense layers see
// where things are.
//
//   y = relu(fc2(dropout(relu(fc1(flatten(pool(x)))))))
//
// torchvision has them as `avgpool` and `classifier`, of which these are the layers 0 to 4.

#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/adaptive_avg_pool2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct VggPoolingOptions {
  Index channels = 512;
  Index features = 4096;
  double dropout = 0.5;
};

template <class T>
class VggPooling {
 public:
  struct Context {
    typename AdaptiveAvgPool2d<T>::Context pool;
    typename Flatten<T>::Context flatten;
    typename Dense<T>::Context fc1, fc2;
    typename Relu<T>::Context relu1, relu2;
    typename Dropout<T>::Context dropout;
  };

  /// Dense layers begin as Dense does.
  VggPooling(const VggPoolingOptions& options, Rng& rng)
      : pool_({.output_size = extent}),
        flatten_({.channels_first = true}),
        fc1_({.in_features = options.channels * extent * extent, .out_features = options.features}, rng),
        dropout_({.probability = options.dropout}, rng),
        fc2_({.in_features = options.features, .out_features = options.features}, rng) {}

  /// x [N, H, W, channels] gives [N, features].
  Tensor<T, 2> forward(const Tensor<T, 4>& x) const {
    const auto hidden = relu_.forward(fc1_.forward(flatten_.forward(pool_.forward(x))));
    return relu_.forward(fc2_.forward(hidden));
  }

  Tensor<T, 2> forward(Tensor<T, 4> x, Context& context) {
    const detail::EmptiedByException emptied(context);
    auto y = flatten_.forward(pool_.forward(std::move(x), context.pool), context.flatten);
    y = relu_.forward(fc1_.forward(std::move(y), context.fc1), context.relu1);
    y = dropout_.forward(std::move(y), context.dropout);
    return relu_.forward(fc2_.forward(std::move(y), context.fc2), context.relu2);
  }

  Tensor<T, 4> backward(Tensor<T, 2> dy, const Context& context) {
    auto dx = fc2_.backward(relu_.backward(std::move(dy), context.relu2), context.fc2);
    dx = relu_.backward(dropout_.backward(std::move(dx), context.dropout), context.relu1);
    return pool_.backward(flatten_.backward(fc1_.backward(dx, context.fc1), context.flatten), context.pool);
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<2> output_shape(const Shape<4>& x) const {
    return fc2_.output_shape(fc1_.output_shape(flatten_.output_shape(pool_.output_shape(x))));
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<2> summarize(Table& table, const Name& name, const Shape<4>& x) const {
    const Name classifier = name / "classifier";
    auto y = table.add(name / "flatten", flatten_, table.add(name / "avgpool", pool_, x));
    y = table.add(classifier / "1", relu_, table.add(classifier / "0", fc1_, y));
    y = table.add(classifier / "3", fc2_, table.add(classifier / "2", dropout_, y));
    return table.add(classifier / "4", relu_, y);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    const Name classifier = name / "classifier";
    fc1_.visit(visitor, classifier / "0");
    dropout_.visit(visitor, classifier / "2");
    fc2_.visit(visitor, classifier / "3");
  }

 private:
  static constexpr Index extent = 7;

  AdaptiveAvgPool2d<T> pool_;
  Flatten<T> flatten_;
  Dense<T> fc1_;
  Relu<T> relu_;
  Dropout<T> dropout_;
  Dense<T> fc2_;
};

}  // namespace pupil
