// Residual blocks of ResNet-18: one that keeps the image's size, and one that halves it.

#include <array>

#include <pupil/nn/basic_block.hpp>

#include "benchmarks.hpp"
#include "operations.hpp"
#include "support.hpp"

namespace bench {

namespace {

using BasicBlock = pupil::BasicBlock<float>;

/// What of the first convolution the rest of a block follows from.
double block_operations(const Convolution& first) {
  const Convolution second{first.out_size(), first.out_channels, first.out_channels, 3, 1, 1};
  const Convolution shortcut{first.in_size, first.in_channels, first.out_channels, 1, first.stride, 1};
  return first.operations() + second.operations() + (first.stride > 1 ? shortcut.operations() : 0);
}

Work work_of_block(const Convolution& first, Index batch, int passes) {
  const auto images = static_cast<double>(batch);
  return {.operations = passes * images * block_operations(first), .images = images};
}

BasicBlock make_block(const Convolution& first, Rng& rng) {
  return BasicBlock({.in_channels = first.in_channels, .out_channels = first.out_channels, .stride = first.stride},
                    rng);
}

Tensor<float, 4> make_block_input(const Convolution& first, Index batch, Rng& rng) {
  return random_tensor(Shape{batch, first.in_size, first.in_size, first.in_channels}, rng);
}

}  // namespace

void add_basic_block(Index batch) {
  for (const Convolution& first : std::array<Convolution, 2>{{{56, 64, 64, 3, 1, 1}, {56, 64, 128, 3, 2, 1}}}) {
    add("basic_block/forward/" + first.name(), [=](auto& state) {
      Rng rng(1);
      BasicBlock block = make_block(first, rng);
      time_forward(state, work_of_block(first, batch, 1), block, make_block_input(first, batch, rng));
    });
    add("basic_block/backward/" + first.name(), [=](auto& state) {
      Rng rng(1);
      BasicBlock block = make_block(first, rng);
      time_backward(state, work_of_block(first, batch, 2), block, make_block_input(first, batch, rng), rng);
    });
  }
}

}  // namespace bench
