#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/storage.hpp>
#include <pupil/distributed/distributed_gradients.hpp>

#include "../support/files.hpp"
#include "../support/tied_layers.hpp"
#include "small_net.hpp"
#include "world.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// So small that the net has several buckets, and a parameter with one of its own.
constexpr Index small_bucket = 256;

Examples part_of_this_rank() { return part_of_batch(world().rank(), world().size()); }

/// The bits of the numbers of all ranks.
std::vector<std::string> bits_of_all_ranks(const std::vector<float>& numbers) {
  return world().all_gather({reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)});
}

/// The gradients that ranks get which call `announce(gradients, net)` between backward and finish.
template <class Announce>
std::vector<float> gradients_with(const Announce& announce) {
  SmallNet net = small_net();
  DistributedGradients<float> gradients(world(), net, {.bucket_bytes = small_bucket});
  add_gradients(net, part_of_this_rank());
  announce(gradients, net);
  gradients.finish();
  return gradients_of(net);
}

/// Random gradients, others on every rank.
template <class Model>
void fill_gradients(Model& model, std::uint64_t seed) {
  Rng rng(seed, static_cast<std::uint64_t>(world().rank()));
  for_each_parameter(model, [&](const Name&, auto& parameter) {
    for (float& number : parameter.gradient) number = rng.normal<float>();
  });
}

TiedLayers<Dense<float>, Dense<float>> tied_layers() {
  Rng rng(4);
  return {Dense<float>({.in_features = 3, .out_features = 5}, rng),
          Dense<float>({.in_features = 5, .out_features = 2}, rng)};
}

}  // namespace

TEST_CASE("the mean of the ranks' gradients is the gradient of the whole batch") {
  SmallNet whole = small_net(true);
  add_gradients(whole, part_of_batch(0, 1));
  SmallNet net = small_net(true);
  DistributedGradients<float> gradients(world(), net, {.bucket_bytes = small_bucket});
  for (int step = 0; step < 3; ++step) {
    zero_gradients(net);
    add_gradients(net, part_of_this_rank(), [&](auto& layer) { gradients.finished(layer); });
    gradients.finish();
    CHECK(largest_difference(gradients_of(net), gradients_of(whole)) < 1e-5);
  }
}

TEST_CASE("gradients that were divided by the size of the whole batch are summed") {
  SmallNet net = small_net();
  DistributedGradients<float> gradients(world(), net, {.scale = GradientScale::sum});
  for_each_parameter(net, [](const Name&, auto& parameter) { parameter.gradient.fill(0.5F); });
  gradients.finish();
  CHECK(gradients_of(net).front() == 0.5F * static_cast<float>(world().size()));
}

TEST_CASE("all ranks get the same bits") {
  for (const GradientWire wire : {GradientWire::fp32, GradientWire::bf16}) {
    SmallNet net = small_net();
    DistributedGradients<float> gradients(world(), net, {.bucket_bytes = small_bucket, .wire = wire});
    add_gradients(net, part_of_this_rank());
    gradients.finish();
    const auto all = bits_of_all_ranks(gradients_of(net));
    CHECK(all == std::vector<std::string>(all.size(), all.front()));
  }
}

TEST_CASE("whether, in what order and on which ranks parts are announced changes no bit of the sums") {
  const auto nothing = [](auto&, SmallNet&) {};
  const auto all_at_once = [](auto& gradients, SmallNet& net) { gradients.finished(net); };
  const auto first_to_last = [](auto& gradients, SmallNet& net) {
    gradients.finished(net.get<0>());
    gradients.finished(net.get<1>());
    gradients.finished(net.get<4>());
  };
  const auto others_on_each_rank = [](auto& gradients, SmallNet& net) {
    if (world().rank() % 2 == 0) gradients.finished(net.get<0>());
    if (world().rank() % 2 == 1) gradients.finished(net.get<4>());
    if (world().rank() == 3) gradients.finished(net.get<1>());
  };
  const auto expected = gradients_with(nothing);
  CHECK(gradients_with(all_at_once) == expected);
  CHECK(gradients_with(first_to_last) == expected);
  CHECK(gradients_with(others_on_each_rank) == expected);
}

TEST_CASE("what was announced is sent as it was then, before finish") {
  if (world().size() == 1) return;
  const auto change_later = [](auto& gradients, SmallNet& net) {
    gradients.finished(net.get<4>());
    net.get<4>().visit([](const Name&, auto& parameter) { parameter.gradient.fill(100); });
    gradients.advance();
  };
  CHECK(gradients_with(change_later) == gradients_with([](auto&, SmallNet&) {}));
}

TEST_CASE("a backward in buckets of any size gives the same mean") {
  SmallNet expected = small_net();
  fill_gradients(expected, 5);
  DistributedGradients<float>(world(), expected).finish();
  for (const Index bytes : {Index{4}, Index{100}, Index{1000}}) {
    SmallNet net = small_net();
    fill_gradients(net, 5);
    DistributedGradients<float>(world(), net, {.bucket_bytes = bytes}).finish();
    CHECK(largest_difference(gradients_of(net), gradients_of(expected)) < 1e-6);
  }
}

TEST_CASE("gradients sent as bf16 are off by no more than 2^-7 of the sum of their magnitudes") {
  SmallNet net = small_net();
  fill_gradients(net, 6);
  std::vector<float> sums = gradients_of(net);
  std::vector<float> magnitudes = sums;
  for (float& number : magnitudes) number = std::abs(number);
  world().all_reduce_sum(sums);
  world().all_reduce_sum(magnitudes);
  DistributedGradients<float>(world(), net,
                              {.bucket_bytes = small_bucket, .wire = GradientWire::bf16, .scale = GradientScale::sum})
      .finish();
  const std::vector<float> rounded = gradients_of(net);
  Index within = 0;
  Index changed = 0;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (std::abs(rounded[i] - sums[i]) <= 1.001F * 0x1p-7F * magnitudes[i]) ++within;
    if (rounded[i] != sums[i]) ++changed;
  }
  CHECK(within == static_cast<Index>(sums.size()));
  CHECK((changed > 0) == (world().size() > 1));  // nothing is sent by one
}

TEST_CASE("what bf16 holds exactly comes back exactly") {
  SmallNet net = small_net();
  for_each_parameter(net, [](const Name&, auto& parameter) {
    for (Index i = 0; i < parameter.gradient.size(); ++i) {
      parameter.gradient[i] = static_cast<float>((i + world().rank()) % 8);
    }
  });
  std::vector<float> sums = gradients_of(net);
  world().all_reduce_sum(sums);
  DistributedGradients<float>(world(), net, {.wire = GradientWire::bf16, .scale = GradientScale::sum}).finish();
  CHECK(gradients_of(net) == sums);
}

TEST_CASE("a parameter with two names is reduced once, and sent when both places are finished") {
  auto model = tied_layers();
  DistributedGradients<float> gradients(world(), model, {.scale = GradientScale::sum});
  const auto fill = [](auto& layer, float number) {
    layer.visit([&](const Name&, auto& parameter) { parameter.gradient.fill(number); });
  };
  const auto ranks = static_cast<float>(world().size());
  for (int step = 0; step < 2; ++step) {
    fill(model.shared, 1);
    fill(model.other, 3);
    gradients.finished(model.shared);
    gradients.finished(model.other);
    fill(model.shared, 2);  // the second place adds to it
    gradients.finished(model.shared);
    gradients.finish();
    const auto all = gradients_of(model);
    CHECK(all.size() == 3 * 5 + 5 + 5 * 2 + 2);
    CHECK(all.front() == 2 * ranks);
    CHECK(all.back() == 3 * ranks);
  }
}

TEST_CASE("a part that is finished once more than it has names is an error, and so is one of another model") {
  if (world().size() == 1) return;
  SmallNet net = small_net();
  SmallNet other = small_net();
  DistributedGradients<float> gradients(world(), net);
  gradients.finished(net.get<4>());
  CHECK(error_of<ContextError>([&] { gradients.finished(net.get<4>()); }) ==
        "distributed_gradients: weight was finished more often than the model has names for it, and its gradient has "
        "been sent already");
  CHECK(error_of<ShapeError>([&] { gradients.finished(other); }) ==
        "distributed_gradients: 0.weight was finished, and is no parameter of the model");
  gradients.finish();
}

TEST_CASE("a gradient that became smaller is an error") {
  if (world().size() == 1) return;
  SmallNet net = small_net();
  DistributedGradients<float> gradients(world(), net);
  for_each_parameter(net, [](const Name&, auto& parameter) { parameter.gradient = {}; });
  const std::string expected =
      "distributed_gradients: a gradient or buffer has 0 numbers, and had 300 at the beginning";
  CHECK(error_of<ShapeError>([&] { gradients.finished(net.get<4>()); }) == expected);
}

TEST_CASE("running averages become their mean over ranks, and counts of batches stay") {
  SmallNet net = small_net();
  DistributedGradients<float> gradients(world(), net);
  add_gradients(net, part_of_this_rank());
  std::vector<float> expected = buffers_of(net);
  world().all_reduce_sum(expected);
  for (float& number : expected) number /= static_cast<float>(world().size());
  gradients.finish();
  CHECK(expected.size() == 6);
  CHECK(largest_difference(buffers_of(net), expected) < 1e-6);
}

TEST_CASE("running averages that are the same on all ranks stay exactly that") {
  SmallNet net = small_net();
  Rng rng(7);
  for_each_buffer(net, [&](const Name&, auto& buffer) {
    if constexpr (std::is_same_v<decltype(*buffer.begin()), float&>) {
      for (float& number : buffer) number = rng.normal<float>();
    }
  });
  const auto before = buffers_of(net);
  DistributedGradients<float>(world(), net).finish();
  CHECK(buffers_of(net) == before);
}

TEST_CASE("from the second step on nothing is asked of the system for tensors") {
  SmallNet net = small_net();
  DistributedGradients<float> gradients(world(), net, {.bucket_bytes = small_bucket});
  std::size_t after_first = 0;
  for (int step = 0; step < 4; ++step) {
    gradients.finished(net);
    gradients.finish();
    if (step == 0) after_first = StoragePool::instance().statistics().system_allocations;
  }
  CHECK(StoragePool::instance().statistics().system_allocations == after_first);
}

TEST_CASE("gradients of a model of doubles are summed as doubles") {
  Rng rng(8);
  Dense<double> dense({.in_features = 2, .out_features = 2}, rng);
  dense.visit([](const Name&, auto& parameter) { parameter.gradient.fill(1 + 1e-12); });
  DistributedGradients<double>(world(), dense).finish();
  dense.visit(
      [](const Name&, auto& parameter) { CHECK(parameter.gradient[0] == doctest::Approx(1 + 1e-12).epsilon(1e-15)); });
}

TEST_CASE("gradients that were moved from are not finished") {
  SmallNet net = small_net();
  DistributedGradients<float> gradients(world(), net);
  const DistributedGradients<float> moved = std::move(gradients);
  CHECK_THROWS_AS(gradients.finish(), ShapeError);  // NOLINT(bugprone-use-after-move): this is what is tested
}

TEST_CASE("buckets that hold nothing, and shards for no exact sum, are refused") {
  SmallNet net = small_net();
  const auto error = [&](const DistributedGradientsOptions& options) {
    return error_of<OptionError>([&] { DistributedGradients<float>(world(), net, options); });
  };
  CHECK(error({.bucket_bytes = 3}) == "distributed_gradients: a bucket of 3 bytes holds no number");
  CHECK(error({.shards = 4}) == "distributed_gradients: 4 shards are for an exact reduction only");
}
