#pragma once
// BasicBlock: the residual block of ResNet-18 and -34. He, Zhang, Ren, Sun, "Deep residual learning for image
// recognition", 2016. torchvision's twin is resnet.BasicBlock.
//
//   y = relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))
//
// The shortcut is x itself, or a 1x1 convolution and batch norm where the block changes the image's size or channels.

#include <optional>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/add.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/sequential.hpp>

namespace pupil {

struct BasicBlockOptions {
  Index in_channels = 0;
  Index out_channels = 0;
  Index stride = 1;
};

template <class T>
class BasicBlock {
 public:
  using Downsample = Sequential<Conv2d<T>, BatchNorm2d<T>>;

  struct Context {
    typename Conv2d<T>::Context conv1, conv2;
    typename BatchNorm2d<T>::Context bn1, bn2;
    typename Relu<T>::Context relu1, relu2;
    typename Downsample::Context downsample;
  };

  BasicBlock(const BasicBlockOptions& options, Rng& rng)
      : conv1_({.in_channels = options.in_channels,
                .out_channels = options.out_channels,
                .kernel_size = 3,
                .stride = options.stride,
                .padding = 1,
                .bias = false},
               rng),
        bn1_({.num_features = options.out_channels}),
        conv2_({.in_channels = options.out_channels,
                .out_channels = options.out_channels,
                .kernel_size = 3,
                .padding = 1,
                .bias = false},
               rng),
        bn2_({.num_features = options.out_channels}) {
    if (options.stride != 1 || options.in_channels != options.out_channels) {
      downsample_.emplace(Conv2d<T>({.in_channels = options.in_channels,
                                     .out_channels = options.out_channels,
                                     .kernel_size = 1,
                                     .stride = options.stride,
                                     .bias = false},
                                    rng),
                          BatchNorm2d<T>({.num_features = options.out_channels}));
    }
  }

  /// x [N, H, W, in_channels] gives [N, ceil(H / stride), ceil(W / stride), out_channels].
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    auto y = bn2_.forward(conv2_.forward(relu_.forward(bn1_.forward(conv1_.forward(x)))));
    if (downsample_) {
      kernels::add_to(y, downsample_->forward(x));
    } else {
      kernels::add_to(y, x);
    }
    return relu_.forward(std::move(y));
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) {
    auto shortcut = downsample_ ? downsample_->forward(x, context.downsample) : x;
    auto y = conv1_.forward(std::move(x), context.conv1);
    y = bn1_.forward(std::move(y), context.bn1);
    y = relu_.forward(std::move(y), context.relu1);
    y = conv2_.forward(std::move(y), context.conv2);
    y = bn2_.forward(std::move(y), context.bn2);
    kernels::add_to(y, shortcut);
    return relu_.forward(std::move(y), context.relu2);
  }

  Tensor<T, 4> backward(Tensor<T, 4> dy, const Context& context) {
    dy = relu_.backward(std::move(dy), context.relu2);
    auto dx = bn2_.backward(dy, context.bn2);
    dx = conv2_.backward(std::move(dx), context.conv2);
    dx = relu_.backward(std::move(dx), context.relu1);
    dx = bn1_.backward(std::move(dx), context.bn1);
    dx = conv1_.backward(std::move(dx), context.conv1);
    kernels::add_to(dx, downsample_ ? downsample_->backward(std::move(dy), context.downsample) : std::move(dy));
    return dx;
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<4> summarize(Table& table, const Name& name, const Shape<4>& x) {
    auto y = table.add(name / "conv1", conv1_, x);
    y = table.add(name / "bn1", bn1_, y);
    y = table.add(name / "relu", relu_, y);
    y = table.add(name / "conv2", conv2_, y);
    y = table.add(name / "bn2", bn2_, y);
    if (downsample_) table.add(name / "downsample", *downsample_, x);
    return table.add(name / "relu", relu_, y);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    conv1_.visit(visitor, name / "conv1");
    bn1_.visit(visitor, name / "bn1");
    conv2_.visit(visitor, name / "conv2");
    bn2_.visit(visitor, name / "bn2");
    if (downsample_) downsample_->visit(visitor, name / "downsample");
  }

 private:
  Conv2d<T> conv1_;
  BatchNorm2d<T> bn1_;
  Conv2d<T> conv2_;
  BatchNorm2d<T> bn2_;
  Relu<T> relu_;
  std::optional<Downsample> downsample_;
};

}  // namespace pupil
