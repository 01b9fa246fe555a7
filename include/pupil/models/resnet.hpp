#pragma once
// ResNet with basic blocks: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2016, with
// torchvision's names and beginnings. Two blocks a stage make ResNet-18.

#include <array>
#include <utility>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/basic_block.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/global_avg_pool2d.hpp>
#include <pupil/nn/max_pool2d.hpp>

namespace pupil {

struct ResNetOptions {
  std::array<Index, 4> blocks{2, 2, 2, 2};  ///< in each of the four stages
  Index width = 64;                         ///< channels of the first stage; every further stage doubles them
  Index out_features = 1000;
};

/// Images [N, H, W, 3] to features [N, out_features].
template <class T>
class ResNet {
 public:
  struct Context {
    typename Conv2d<T>::Context conv1;
    typename BatchNorm2d<T>::Context bn1;
    typename Relu<T>::Context relu;
    typename MaxPool2d<T>::Context max_pool;
    std::array<std::vector<typename BasicBlock<T>::Context>, 4> stages;
    typename GlobalAvgPool2d<T>::Context average;
    typename Dense<T>::Context fc;
  };

  ResNet(const ResNetOptions& options, Rng& rng)
      : conv1_({.in_channels = 3,
                .out_channels = options.width,
                .kernel_size = 7,
                .stride = 2,
                .padding = 3,
                .bias = false},
               rng),
        bn1_({.num_features = options.width}),
        max_pool_({.kernel_size = 3, .stride = 2, .padding = 1}),
        fc_({.in_features = 8 * options.width, .out_features = options.out_features}, rng) {
    Index channels = options.width;
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
      const Index out_channels = options.width << stage;
      for (Index block = 0; block < options.blocks[stage]; ++block) {
        const Index stride = stage > 0 && block == 0 ? 2 : 1;
        stages_[stage].emplace_back(
            BasicBlockOptions{.in_channels = channels, .out_channels = out_channels, .stride = stride}, rng);
        channels = out_channels;
      }
    }
    for_each_parameter(*this, [&](const Name&, auto& parameter) {
      if constexpr (std::is_same_v<decltype(parameter.value), Tensor<T, 4>>) {
        const auto& shape = parameter.value.shape();
        fill_kaiming_normal(parameter.value, shape[0] * shape[1] * shape[2], rng);
      }
    });
  }

  Tensor<T, 2> forward(const Tensor<T, 4>& images) const {
    auto x = max_pool_.forward(relu_.forward(bn1_.forward(conv1_.forward(images))));
    for (const auto& stage : stages_) {
      for (const auto& block : stage) x = block.forward(x);
    }
    return fc_.forward(average_.forward(x));
  }

  Tensor<T, 2> forward(Tensor<T, 4> images, Context& context) {
    auto x = conv1_.forward(std::move(images), context.conv1);
    x = bn1_.forward(std::move(x), context.bn1);
    x = relu_.forward(std::move(x), context.relu);
    x = max_pool_.forward(std::move(x), context.max_pool);
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
      context.stages[stage].resize(stages_[stage].size());
      for (std::size_t block = 0; block < stages_[stage].size(); ++block) {
        x = stages_[stage][block].forward(std::move(x), context.stages[stage][block]);
      }
    }
    return fc_.forward(average_.forward(std::move(x), context.average), context.fc);
  }

  /// Adds to the parameters' gradients. Images are not trained: they get none.
  void backward(const Tensor<T, 2>& dy, const Context& context) {
    auto dx = average_.backward(fc_.backward(dy, context.fc), context.average);
    for (std::size_t stage = stages_.size(); stage-- > 0;) {
      for (std::size_t block = stages_[stage].size(); block-- > 0;) {
        dx = stages_[stage][block].backward(std::move(dx), context.stages[stage][block]);
      }
    }
    dx = max_pool_.backward(std::move(dx), context.max_pool);
    dx = relu_.backward(std::move(dx), context.relu);
    dx = bn1_.backward(std::move(dx), context.bn1);
    conv1_.backward_parameters(dx, context.conv1);
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<2> summarize(Table& table, const Name& name, const Shape<4>& images) {
    auto x = table.add(name / "conv1", conv1_, images);
    x = table.add(name / "bn1", bn1_, x);
    x = table.add(name / "relu", relu_, x);
    x = table.add(name / "maxpool", max_pool_, x);
    for_each_block([&](const char* stage, Index block_number, BasicBlock<T>& block) {
      x = table.add(name / stage / block_number, block, x);
    });
    return table.add(name / "fc", fc_, table.add(name / "avgpool", average_, x));
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    conv1_.visit(visitor, name / "conv1");
    bn1_.visit(visitor, name / "bn1");
    for_each_block([&](const char* stage, Index block_number, BasicBlock<T>& block) {
      block.visit(visitor, name / stage / block_number);
    });
    fc_.visit(visitor, name / "fc");
  }

 private:
  /// Calls `use(name of the stage, number of the block in it, block)` from the first to the last.
  template <class Use>
  void for_each_block(const Use& use) {
    constexpr std::array stage_names{"layer1", "layer2", "layer3", "layer4"};
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
      for (std::size_t block = 0; block < stages_[stage].size(); ++block) {
        use(stage_names[stage], static_cast<Index>(block), stages_[stage][block]);
      }
    }
  }

  Conv2d<T> conv1_;
  BatchNorm2d<T> bn1_;
  Relu<T> relu_;
  MaxPool2d<T> max_pool_;
  std::array<std::vector<BasicBlock<T>>, 4> stages_;
  GlobalAvgPool2d<T> average_;
  Dense<T> fc_;
};

}  // namespace pupil
