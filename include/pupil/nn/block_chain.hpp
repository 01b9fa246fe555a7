#pragma once
// BlockChain: the blocks of an image network one after another, as many and of such kinds as is known at run time.
// Training may begin at any of them: those before it are then run as in inference, and keep nothing.

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/chosen_context.hpp>
#include <pupil/nn/image_parts.hpp>
#include <pupil/nn/layer.hpp>
#include <pupil/nn/model_ref.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

namespace detail {

/// Calls `use` with the name and all parts of the path behind it, such as "layer1.0".
template <class Use>
void with_path(const Name& name, std::string_view path, const Use& use) {
  if (path.empty()) return use(name);
  const std::size_t dot = std::min(path.find('.'), path.size());
  with_path(name / path.substr(0, dot), path.substr(std::min(dot + 1, path.size())), use);
}

}  // namespace detail

/// Every one of the Blocks maps images to images.
template <class T, class... Blocks>
class BlockChain {
 public:
  struct Context {
    std::vector<std::variant<typename Blocks::Context...>> blocks;
    Index first_trained = 0;  ///< of the forward pass
    UnreadForward unread{};
  };

  /// Adds a block behind the others. Its parameters lie under its name, such as "layer1.0".
  template <class Added>
  void add(const std::string& name, Added block) {
    add(name, name, std::move(block));
  }

  /// Its parameters lie under `path`, which is empty where they stand beside the chain's own, as "conv1" and "bn1" do.
  template <class Added>
  void add(const std::string& name, const std::string& path, Added block) {
    blocks_.emplace_back(name, path, std::move(block));
  }

  Index size() const { return static_cast<Index>(blocks_.size()); }

  Tensor<T, 4> forward(const Tensor<T, 4>& x) const { return infer(x, size()); }

  /// Blocks before `first_trained` are run as in inference. Throws OptionError where there is no such block; size()
  /// trains none.
  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context, Index first_trained = 0) {
    moved_.check("block_chain");
    require<OptionError>(first_trained >= 0 && first_trained <= size(), "block_chain: cannot train from block ",
                         first_trained, " of ", size());
    const detail::EmptiedByException emptied(context);
    context.unread.begin("block_chain");
    if (first_trained == size()) context.unread.end();  // there will be nothing to go back through
    context.blocks.resize(blocks_.size());
    context.first_trained = first_trained;
    for (Index i = 0; i < first_trained; ++i) context.blocks[static_cast<std::size_t>(i)] = {};
    if (first_trained > 0) x = infer(x, first_trained);
    for (Index i = first_trained; i < size(); ++i) {
      std::visit(
          [&](auto& block) {
            using Kept = typename std::remove_cvref_t<decltype(block)>::Context;
            auto& kept = detail::context_to_fill<Kept>(context.blocks[static_cast<std::size_t>(i)]);
            x = block.forward(std::move(x), kept);
          },
          at(i).block);
    }
    return x;
  }

  /// Adds to the gradients of the blocks that are trained, and calls `finished(block)` for each, from the last to the
  /// first, when they are complete. What the first of them was given gets no gradient: nobody trains it. Throws
  /// ShapeError for the context of a chain of another length, ContextError for that of other blocks and of no forward.
  template <class Finished = detail::NobodyAsks>
  void backward(Tensor<T, 4> dy, const Context& context, Finished&& finished = {}) {
    moved_.check("block_chain");
    context.unread.require_forward("block_chain");
    require<ShapeError>(context.blocks.size() == blocks_.size(), "block_chain: the context is of ",
                        context.blocks.size(), " blocks, the chain has ", size());
    context.unread.end();
    for (Index i = size(); i-- > context.first_trained;) {
      std::visit(
          [&](auto& block) {
            using Kept = typename std::remove_cvref_t<decltype(block)>::Context;
            const auto& kept =
                detail::context_to_read<Kept>(context.blocks[static_cast<std::size_t>(i)], "block_chain");
            if (i > context.first_trained) {
              dy = block.backward(std::move(dy), kept);
            } else {
              block.backward_parameters(std::move(dy), kept);
            }
            finished(block);
          },
          at(i).block);
    }
  }

  /// The number of the first block that is called `name`, or whose name begins with it and a dot: "layer4" is
  /// "layer4.0". Throws OptionError, with all names, where there is none.
  Index index_of(std::string_view name) const {
    std::string names;
    for (Index i = 0; i < size(); ++i) {
      const std::string_view candidate = at(i).name;
      const bool begins = candidate.starts_with(name) && !name.empty();
      if (begins && (candidate.size() == name.size() || candidate[name.size()] == '.')) return i;
      names += message(i == 0 ? "" : ", ", candidate);
    }
    throw OptionError(message("block_chain: no block is called \"", name, "\"; there are ", names));
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(Shape<4> x) const {
    moved_.check("block_chain");
    for (const Entry& entry : blocks_) {
      x = std::visit([&](const auto& block) { return block.output_shape(x); }, entry.block);
    }
    return x;
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<4> summarize(Table& table, const Name& name, Shape<4> x) const {
    moved_.check("block_chain");
    for (const Entry& entry : blocks_) {
      detail::with_path(name, entry.path, [&](const Name& full_name) {
        x = std::visit([&](const auto& block) { return block.summarize(table, full_name, x); }, entry.block);
      });
    }
    return x;
  }

  /// Blocks from `first` on.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}, Index first = 0) {
    moved_.check("block_chain");
    for (Index i = first; i < size(); ++i) {
      Entry& entry = at(i);
      detail::with_path(name, entry.path, [&](const Name& full_name) {
        std::visit([&](auto& block) { block.visit(visitor, full_name); }, entry.block);
      });
    }
  }

 private:
  struct Entry {
    template <class Added>
    Entry(std::string name_, std::string path_, Added added)
        : name(std::move(name_)),
          path(std::move(path_)),
          weights(count_parameters(added)),
          block(std::in_place_type<Added>, std::move(added)) {}

    std::string name;
    std::string path;
    Index weights;
    std::variant<Blocks...> block;
  };

  /// x after the first `count` blocks. Weights are read, and unless that was done beforehand packed, anew for every few
  /// images, so these are as many as make their activations as large as the weights: then neither takes much time.
  Tensor<T, 4> infer(const Tensor<T, 4>& x, Index count) const {
    moved_.check("block_chain");
    Shape<4> shape = x.shape();
    Index weights = 0;
    Index activations = 0;
    for (Index i = 0; i < count; ++i) {
      shape = std::visit([&](const auto& block) { return block.output_shape(shape); }, at(i).block);
      weights += at(i).weights;
      activations += shape.size() / std::max<Index>(1, shape[0]);
    }
    const Index images_at_once = std::max<Index>(1, weights / std::max<Index>(1, activations));
    return detail::run_in_parts(x, shape, images_at_once, [&](const Tensor<T, 4>& part) { return run(part, count); });
  }
  Tensor<T, 4> run(const Tensor<T, 4>& x, Index count) const {
    if (count == 0) return x;
    const auto run_block = [&](Index i, const Tensor<T, 4>& input) {
      return std::visit([&](const auto& block) { return block.forward(input); }, at(i).block);
    };
    auto y = run_block(0, x);
    for (Index i = 1; i < count; ++i) y = run_block(i, y);
    return y;
  }

  Entry& at(Index i) { return blocks_[static_cast<std::size_t>(i)]; }
  const Entry& at(Index i) const { return blocks_[static_cast<std::size_t>(i)]; }

  std::vector<Entry> blocks_;
  MoveMark moved_;
};

}  // namespace pupil
