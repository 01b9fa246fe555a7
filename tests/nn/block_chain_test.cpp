#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/basic_block.hpp>
#include <pupil/nn/block_chain.hpp>
#include <pupil/nn/convolution_block.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Chain = BlockChain<float, ConvolutionBlock<float>, BasicBlock<float>>;

Chain tiny_chain(Rng& rng) {
  Chain chain;
  chain.add("conv1", "",
            ConvolutionBlock<float>({.layer = {.conv = {.in_channels = 3, .out_channels = 2, .kernel_size = 2}},
                                     .pool = MaxPool2dOptions{.kernel_size = 2},
                                     .names = {.conv = "conv1", .norm = "bn1"}},
                                    rng));
  chain.add("layer1.0", BasicBlock<float>({.in_channels = 2, .out_channels = 2}, rng));
  chain.add("layer10.0", BasicBlock<float>({.in_channels = 2, .out_channels = 4, .stride = 2}, rng));
  return chain;
}

/// The gradients of all parameters, one after another, from the first whose name begins with `prefix`.
std::vector<float> gradients_from(Chain& chain, const std::string& prefix) {
  std::vector<float> result;
  bool begun = false;
  for_each_parameter(chain, [&](const Name& name, auto& parameter) {
    begun = begun || name.begins_with(prefix);
    if (begun) result.insert(result.end(), parameter.gradient.begin(), parameter.gradient.end());
  });
  return result;
}

}  // namespace

TEST_CASE("a chain runs its blocks one after another, and tells the shape that comes out") {
  Rng rng(1);
  const Chain chain = tiny_chain(rng);
  const auto x = random_tensor<float>(Shape{2, 9, 7, 3}, rng);
  CHECK(chain.forward(x).shape() == Shape{2, 2, 2, 4});
  CHECK(chain.output_shape(x.shape()) == Shape{2, 2, 2, 4});
  CHECK(Chain().forward(x) == x);
}

TEST_CASE("training from a block on gives this block and those behind it what they would have got") {
  Rng rng(2);
  Chain chain = tiny_chain(rng);
  // With statistics as inference has them, the first block gives the same either way.
  const auto x = random_tensor<float>(Shape{2, 9, 7, 3}, rng);
  Chain::Context context;
  const auto y = chain.forward(x, context, 1);
  const auto dy = random_tensor<float>(y.shape(), rng);
  chain.backward(dy, context);
  const auto gradients = gradients_from(chain, "layer1.0");
  CHECK(std::any_of(gradients.begin(), gradients.end(), [](float value) { return value != 0; }));

  Rng same(2);
  Chain untrained = tiny_chain(same);
  CHECK(gradients_from(untrained, "layer1.0").size() == gradients.size());
  const auto all = gradients_from(chain, "");
  const auto before = all.size() - gradients.size();
  CHECK(std::all_of(all.begin(), all.begin() + static_cast<Index>(before), [](float value) { return value == 0; }));

  // A context that was used for the whole chain is as good as a new one.
  untrained.backward(untrained.forward(x, context), context);
  Rng again(2);
  untrained = tiny_chain(again);
  CHECK(untrained.forward(x, context, 1) == y);
  untrained.backward(dy, context);
  CHECK(gradients_from(untrained, "layer1.0") == gradients);
}

TEST_CASE("a chain of which nothing is trained is inference") {
  Rng rng(3);
  Chain chain = tiny_chain(rng);
  const auto x = random_tensor<float>(Shape{1, 9, 7, 3}, rng);
  Chain::Context context;
  CHECK(chain.forward(x, context, chain.size()) == chain.forward(x));
  CHECK_NOTHROW(chain.backward(chain.forward(x), context));
  CHECK(error_of<OptionError>([&] { chain.forward(x, context, 4); }) == "block_chain: cannot train from block 4 of 3");
}

TEST_CASE("blocks are found by their names, or by whole parts of them") {
  Rng rng(4);
  const Chain chain = tiny_chain(rng);
  CHECK(chain.index_of("conv1") == 0);
  CHECK(chain.index_of("layer1") == 1);
  CHECK(chain.index_of("layer10") == 2);
  CHECK(chain.index_of("layer1.0") == 1);
  for (const char* const name : {"", "layer", "layer1.", "layer1.0.conv1"}) {
    CHECK(error_of<OptionError>([&] { (void)chain.index_of(name); }) ==
          message("block_chain: no block is called \"", name, "\"; there are conv1, layer1.0, layer10.0"));
  }
}

TEST_CASE("the parts of a block's name are parts of its parameters' names") {
  Rng rng(5);
  Chain chain = tiny_chain(rng);
  std::vector<std::string> first;
  bool whole_part = false;
  for_each_parameter(chain, [&](const Name& name, auto&) {
    if (first.size() < 4) first.push_back(name.str());
    whole_part = whole_part || name.begins_with("layer10");
  });
  CHECK(first == std::vector<std::string>{"conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias"});
  CHECK(whole_part);
}

TEST_CASE("backward says which blocks are finished: those that are trained, the last first") {
  Rng rng(6);
  Chain chain = tiny_chain(rng);
  Chain::Context context;
  const auto y = chain.forward(random_tensor<float>(Shape{2, 9, 7, 3}, rng), context, 1);
  std::vector<Index> outputs;
  chain.backward(y, context, [&](auto& block) { outputs.push_back(block.output_shape(Shape<4>{1, 4, 4, 2})[3]); });
  CHECK(outputs == std::vector<Index>{4, 2});
}
