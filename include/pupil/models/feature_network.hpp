#pragma once
// FeatureNetwork: what all networks from images to features have in common. Blocks turn an image into a grid of
// features, and pooling turns that into one row.

#include <string>
#include <string_view>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/nn/block_chain.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/model_ref.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// Images [N, H, W, 3] to grids [N, h, w, channels] and features [N, pooled size]. `Pooling` is a layer from a grid to
/// a row. Networks derive from this, and add their blocks as they are made.
template <class T, class Pooling, class... Blocks>
class FeatureNetwork {
 public:
  using Chain = BlockChain<T, Blocks...>;

  struct Context {
    typename Chain::Context blocks;
    typename Pooling::Context pooling;
    Shape<4> grid;
  };

  /// What the last block gives.
  Tensor<T, 4> grid(const Tensor<T, 4>& images) const { return blocks_.forward(images); }

  /// One row an image, of its grid.
  Tensor<T, 2> pooled_of_grid(const Tensor<T, 4>& grid) const { return pooling_.forward(grid); }

  /// One row an image.
  Tensor<T, 2> pooled(const Tensor<T, 4>& images) const { return pooled_of_grid(grid(images)); }

  /// These kinds of features.
  ImageFeatures<T> features(const Tensor<T, 4>& images, FeatureKinds kinds) const {
    return features_of_grid(grid(images), kinds);
  }

  /// The same, for training. Blocks before `first_trained` are run as in inference; where that is all of them, so is
  /// the pooling.
  ImageFeatures<T> forward(Tensor<T, 4> images, FeatureKinds kinds, Context& context, Index first_trained = 0) {
    const detail::EmptiedByException emptied(context);
    auto grid = blocks_.forward(std::move(images), context.blocks, first_trained);
    if (first_trained == blocks_.size()) return features_of_grid(std::move(grid), kinds);
    context.grid = grid.shape();
    ImageFeatures<T> features;
    if (!kinds.pooled) {
      features.grid = positions_of_grid(std::move(grid));
      return features;
    }
    if (kinds.grid) features.grid = positions_of_grid(grid);
    features.pooled = pooling_.forward(std::move(grid), context.pooling);
    return features;
  }

  /// Adds to the gradients of what is trained, from those of the features that forward gave. Images are not: they get
  /// none. `finished(part)` is called for each part, the last first, when its gradients are complete. Throws
  /// ContextError for the context of no forward.
  void backward(ImageFeatures<T> d_features, const Context& context, FinishedPart finished = ignore_finished) {
    context.blocks.unread.require_forward("feature_network");
    if (context.blocks.first_trained == blocks_.size()) return;
    Tensor<T, 4> d_grid;
    if (!d_features.pooled.empty()) {
      d_grid = pooling_.backward(d_features.pooled, context.pooling);
      finished(pooling_);
    }
    if (!d_features.grid.empty()) {
      auto d_positions = std::move(d_features.grid).reshaped(context.grid);
      if (d_grid.empty()) {
        d_grid = std::move(d_positions);
      } else {
        kernels::add_to(d_grid, d_positions);
      }
    }
    blocks_.backward(std::move(d_grid), context.blocks, finished);
  }

  /// The pooled features alone, and the way back from them.
  Tensor<T, 2> forward(Tensor<T, 4> images, Context& context, Index first_trained = 0) {
    return forward(std::move(images), {.pooled = true}, context, first_trained).pooled;
  }
  void backward(Tensor<T, 2> d_pooled, const Context& context) {
    backward(ImageFeatures<T>{.pooled = std::move(d_pooled)}, context);
  }

  /// The grid of images of this shape.
  Shape<4> grid_shape(const Shape<4>& images) const { return blocks_.output_shape(images); }
  /// The features of images of this shape.
  Shape<2> pooled_shape(const Shape<4>& images) const { return pooling_.output_shape(grid_shape(images)); }

  const Chain& blocks() const { return blocks_; }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<2> summarize(Table& table, const Name& name, const Shape<4>& images) const {
    const Shape<4> grid = blocks_.summarize(table, name, images);
    return table.add(pooling_name(name), pooling_, grid);
  }

  /// What is trained from block `first_trained` on: blocks().size() is nothing.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}, Index first_trained = 0) {
    blocks_.visit(visitor, name, first_trained);
    if (first_trained < blocks_.size()) pooling_.visit(visitor, pooling_name(name));
  }

 protected:
  /// A network without blocks. The pooling has this name, or none, where its layers stand beside the blocks.
  FeatureNetwork(std::string_view pooling_name, Pooling pooling)
      : pooling_name_(pooling_name), pooling_(std::move(pooling)) {}

  /// Adds a block as BlockChain does.
  template <class Block>
  void add(const std::string& name, Block block) {
    blocks_.add(name, std::move(block));
  }
  /// The same, with a path of its own in a state dict.
  template <class Block>
  void add(const std::string& name, const std::string& path, Block block) {
    blocks_.add(name, path, std::move(block));
  }

  /// Draws all filters from a normal distribution of variance 2 / fan out and sets all biases to 0, as torchvision
  /// does.
  void begin_filters(Rng& rng) {
    for_each_parameter(blocks_, [&](const Name& name, auto& parameter) {
      if constexpr (std::is_same_v<decltype(parameter.value), Tensor<T, 4>>) {
        const auto& shape = parameter.value.shape();
        fill_kaiming_normal(parameter.value, shape[0] * shape[1] * shape[2], rng);
      } else if (name.str().ends_with(".bias")) {
        parameter.value.fill(0);
      }
    });
  }

 private:
  ImageFeatures<T> features_of_grid(Tensor<T, 4> grid, FeatureKinds kinds) const {
    ImageFeatures<T> features;
    if (kinds.pooled) features.pooled = pooled_of_grid(grid);
    if (kinds.grid) features.grid = positions_of_grid(std::move(grid));
    return features;
  }

  Name pooling_name(const Name& name) const { return pooling_name_.empty() ? name : name / pooling_name_; }

  Chain blocks_;
  std::string pooling_name_;
  Pooling pooling_;
};

}  // namespace pupil
