// Contexts of layers that are chosen at run time.

#include <doctest/doctest.h>

#include <pupil/nn/basic_block.hpp>
#include <pupil/nn/block_chain.hpp>
#include <pupil/nn/chosen_context.hpp>
#include <pupil/nn/conv2d.hpp>

using namespace pupil;

TEST_CASE("a chain refuses the context of other blocks, and fills it anew") {
  using ConvolutionOrBlock = BlockChain<float, Conv2d<float>, BasicBlock<float>>;
  Rng rng(1);
  ConvolutionOrBlock convolution, block;
  convolution.add("0", Conv2d<float>({.in_channels = 3, .out_channels = 3}, rng));
  block.add("0", BasicBlock<float>({.in_channels = 3, .out_channels = 3}, rng));
  const Tensor<float, 4> images({2, 4, 4, 3});

  ConvolutionOrBlock::Context context;
  const auto y = convolution.forward(images, context);
  CHECK_THROWS_WITH_AS(block.backward(y, context), "block_chain: the context is not of a forward of this block_chain",
                       ContextError);
  context = {};
  const auto z = block.forward(images, context);
  CHECK_NOTHROW(block.backward(z, context));
  CHECK_NOTHROW(convolution.forward(images, context));
}
