#pragma once
// FeatureNetwork: what all networks from images to features have in common. Blocks turn an image into a grid of
// features, and pooling turns that into one row.

#include <string>
#include <string_view>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/block_chain.hpp>
#include <pupil/nn/initialization.hpp>
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
  };

  /// What the last block gives.
  Tensor<T, 4> grid(const Tensor<T, 4>& images) const { return blocks_.forward(images); }

  Tensor<T, 2> pooled_of_grid(const Tensor<T, 4>& grid) const { return pooling_.forward(grid); }

  Tensor<T, 2> pooled(const Tensor<T, 4>& images) const { return pooled_of_grid(grid(images)); }

  /// The pooled features. Blocks before `first_trained` are run as in inference; where that is all of them, so is the
  /// pooling.
  Tensor<T, 2> forward(Tensor<T, 4> images, Context& context, Index first_trained = 0) {
    const detail::EmptiedByException emptied(context);
    auto grid = blocks_.forward(std::move(images), context.blocks, first_trained);
    if (first_trained == blocks_.size()) return pooled_of_grid(grid);
    return pooling_.forward(std::move(grid), context.pooling);
  }

  /// Adds to the gradients of what is trained. Images are not: they get none.
  void backward(const Tensor<T, 2>& d_pooled, const Context& context) {
    if (context.blocks.first_trained == blocks_.size()) return;
    auto d_grid = pooling_.backward(d_pooled, context.pooling);
    blocks_.backward(std::move(d_grid), context.blocks);
  }

  /// The grid of images of this shape.
  Shape<4> grid_shape(const Shape<4>& images) const { return blocks_.output_shape(images); }
  /// The features of images of this shape.
  Shape<2> pooled_shape(const Shape<4>& images) const { return pooling_.output_shape(grid_shape(images)); }

  const Chain& blocks() const { return blocks_; }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<2> summarize(Table& table, const Name& name, const Shape<4>& images) {
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
  Name pooling_name(const Name& name) const { return pooling_name_.empty() ? name : name / pooling_name_; }

  Chain blocks_;
  std::string pooling_name_;
  Pooling pooling_;
};

}  // namespace pupil
