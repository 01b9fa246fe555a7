#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/distributed/distributed_gradients.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/optim/sgd.hpp>

#include "../support/files.hpp"
#include "small_net.hpp"
#include "world.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

constexpr Index shards = 12;

DistributedGradientsOptions exact_options() {
  return {.bucket_bytes = 256, .reduction = GradientReduction::exact, .shards = shards};
}

/// All shards of one step, those of this rank.
void add_all_shards(DistributedGradients<float>& gradients, SmallNet& net) {
  for (Index i = 0; i < gradients.shards_here(); ++i) {
    const Index shard = gradients.begin_shard();
    add_gradients(net, part_of_batch(shard, shards), [&](auto& layer) { gradients.finished(layer); });
    gradients.add_shard();
  }
}

/// The weights, then the running averages, after some steps of training.
std::vector<float> trained_by(const Communicator& ranks, DistributedGradientsOptions options) {
  SmallNet net = small_net();
  DistributedGradients<float> gradients(ranks, net, options);
  Sgd<float> sgd({.learning_rate = 0.1});
  for (int step = 0; step < 3; ++step) {
    add_all_shards(gradients, net);
    gradients.finish();
    sgd.step(net);
  }
  std::vector<float> all;
  for_each_parameter(net, [&](const Name&, auto& parameter) {
    all.insert(all.end(), parameter.value.begin(), parameter.value.end());
  });
  const auto buffers = buffers_of(net);
  all.insert(all.end(), buffers.begin(), buffers.end());
  return all;
}

using DropoutNet = Sequential<Dense<float>, Dropout<float>>;

/// Gradients that depend on which elements are dropped.
std::vector<float> gradients_with_dropout(const Communicator& ranks) {
  Rng rng(1);
  Dense<float> dense({.in_features = 3, .out_features = 6}, rng);
  DropoutNet net(std::move(dense), Dropout<float>({.probability = 0.5}, rng));
  DistributedGradients<float> gradients(ranks, net, exact_options());
  for (int step = 0; step < 2; ++step) {
    for (Index i = 0; i < gradients.shards_here(); ++i) {
      gradients.begin_shard();
      DropoutNet::Context context;
      const auto y = net.forward(Tensor<float, 2>({2, 3}, {1, 2, 3, 4, 5, 6}), context);
      net.backward(y, context);
      gradients.add_shard();
    }
    gradients.finish();
  }
  return gradients_of(net);
}

}  // namespace

TEST_CASE("where each rank has one shard, what was announced is sent before, and gives the same bits") {
  DistributedGradientsOptions options = exact_options();
  options.shards = world().size();
  const auto gradients_after = [&](bool announces) {
    SmallNet net = small_net();
    DistributedGradients<float> gradients(world(), net, options);
    for (int step = 0; step < 2; ++step) {
      const Index shard = gradients.begin_shard();
      add_gradients(net, part_of_batch(shard, options.shards), [&](auto& layer) {
        if (announces) gradients.finished(layer);
      });
      gradients.add_shard();
      gradients.finish();
    }
    return gradients_of(net);
  };
  CHECK(gradients_after(true) == gradients_after(false));

  SmallNet net = small_net();
  DistributedGradients<float> gradients(world(), net, options);
  CHECK(error_of<ContextError>([&] { gradients.finished(net); }) ==
        "distributed_gradients: no shard has begun that is finished");
}

TEST_CASE("an exact sum is that of the shards in their order, bit for bit") {
  SmallNet net = small_net();
  DistributedGradients<float> gradients(world(), net, exact_options());
  add_all_shards(gradients, net);
  gradients.finish();

  std::vector<float> expected;
  for (Index shard = 0; shard < shards; ++shard) {
    SmallNet one = small_net();
    add_gradients(one, part_of_batch(shard, shards));
    const auto numbers = gradients_of(one);
    expected.resize(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) expected[i] += numbers[i];
  }
  for (float& number : expected) number *= 1.0F / shards;
  CHECK(gradients_of(net) == expected);
}

TEST_CASE("a training with exact sums has the same bits for any number of ranks") {
  CHECK(trained_by(world(), exact_options()) == trained_by(Communicator(), exact_options()));
}

TEST_CASE("exact sums of what is sent as bf16 have the same bits for any number of ranks too") {
  DistributedGradientsOptions options = exact_options();
  options.wire = GradientWire::bf16;
  const auto rounded = trained_by(world(), options);
  CHECK(rounded == trained_by(Communicator(), options));
  CHECK(rounded != trained_by(Communicator(), exact_options()));
}

TEST_CASE("every shard begins with the step's running averages, and their mean is kept") {
  SmallNet net = small_net();
  DistributedGradients<float> gradients(world(), net, exact_options());
  add_all_shards(gradients, net);
  gradients.finish();
  std::vector<float> mean(6);
  for (Index shard = 0; shard < shards; ++shard) {
    SmallNet one = small_net();
    add_gradients(one, part_of_batch(shard, shards));
    const auto buffers = buffers_of(one);
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += buffers[i] / shards;
  }
  CHECK(largest_difference(buffers_of(net), mean) < 1e-6);
}

TEST_CASE("a shard's random numbers are its own, whichever rank computes it") {
  CHECK(gradients_with_dropout(world()) == gradients_with_dropout(Communicator()));

  Rng rng(1);
  Dropout<float> dropout({.probability = 0.5}, rng);
  DistributedGradients<float> gradients(Communicator(), dropout, exact_options());
  std::vector<Tensor<float, 1>> drawn;
  for (int step = 0; step < 2; ++step) {
    for (Index shard = 0; shard < shards; ++shard) {
      gradients.begin_shard();
      Dropout<float>::Context context;
      Tensor<float, 1> ones({64});
      ones.fill(1);
      drawn.push_back(dropout.forward(std::move(ones), context));
      gradients.add_shard();
    }
    gradients.finish();
  }
  for (std::size_t i = 1; i < drawn.size(); ++i) CHECK(drawn[i] != drawn[i - 1]);
  CHECK(drawn[shards] != drawn[0]);
}

TEST_CASE("shards that the ranks cannot share out equally are refused") {
  SmallNet net = small_net();
  for (const Index count : {Index{0}, Index{-4}, world().size() + 1}) {
    if (count % world().size() == 0 && count > 0) continue;
    CHECK(error_of<OptionError>([&] {
            DistributedGradients<float>(world(), net, {.reduction = GradientReduction::exact, .shards = count});
          }) ==
          message("distributed_gradients: ", world().size(), " ranks cannot share out ", count, " shards equally"));
  }
}

TEST_CASE("shards are begun and added in turns, all of them before finish") {
  SmallNet net = small_net();
  DistributedGradients<float> gradients(world(), net, exact_options());
  CHECK_THROWS_AS(gradients.add_shard(), ContextError);
  CHECK(gradients.begin_shard() == world().rank() * gradients.shards_here());
  CHECK_THROWS_AS(gradients.begin_shard(), ContextError);
  gradients.add_shard();
  CHECK(error_of<ContextError>([&] { gradients.finish(); }) ==
        message("distributed_gradients: 1 of ", shards / world().size(), " shards of this rank were added"));
  for (Index i = 1; i < gradients.shards_here(); ++i) {
    gradients.begin_shard();
    gradients.add_shard();
  }
  CHECK_THROWS_AS(gradients.begin_shard(), ContextError);
  gradients.finish();

  DistributedGradients<float> inexact(world(), net);
  CHECK(inexact.shards_here() == 0);
  CHECK_THROWS_AS(inexact.begin_shard(), ContextError);
}
