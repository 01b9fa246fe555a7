#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/basic_block.hpp>
#include <pupil/optim/adamw.hpp>
#include <pupil/optim/decay_groups.hpp>

using namespace pupil;

namespace {

BasicBlock<float> tiny_block() {
  Rng rng(1);
  return BasicBlock<float>({.in_channels = 2, .out_channels = 3, .stride = 2}, rng);
}

/// The names of what a step without gradients makes smaller, by how much.
std::set<std::string> decayed_by(const std::vector<ParameterGroup>& groups, double learning_rate, double factor) {
  BasicBlock<float> block = tiny_block();
  for_each_parameter(block, [](const Name&, auto& parameter) { parameter.value.fill(1); });
  AdamW<float> adam({.learning_rate = learning_rate, .weight_decay = 0.5, .groups = groups});
  adam.step(block);
  std::set<std::string> names;
  for_each_parameter(block, [&](const Name& name, auto& parameter) {
    if (std::abs(static_cast<double>(parameter.value[0]) - factor) < 1e-6) names.insert(name.str());
  });
  return names;
}

}  // namespace

TEST_CASE("filters decay, biases and norms do not") {
  BasicBlock<float> block = tiny_block();
  const auto groups = without_decay_of_vectors(block);
  const std::set<std::string> filters{"conv1.weight", "conv2.weight", "downsample.0.weight"};
  CHECK(decayed_by(groups, 0.1, 0.95) == filters);
  CHECK(decayed_by(groups, 0.1, 1).size() == 6);
  CHECK(decayed_by({}, 0.1, 0.95).size() == 9);
}

TEST_CASE("what does not decay keeps the learning rate of its group, and stays frozen where that is") {
  BasicBlock<float> block = tiny_block();
  const std::vector<ParameterGroup> given{{.prefix = "bn1", .learning_rate_factor = 0.25},
                                          {.prefix = "downsample", .frozen = true}};
  const auto groups = without_decay_of_vectors(block, given);
  REQUIRE(groups.size() == 6 + 2);
  for (const ParameterGroup& group : groups) {
    CAPTURE(group.prefix);
    if (group.prefix == "bn1.weight") CHECK(group.learning_rate_factor == 0.25);
    if (group.prefix == "bn2.weight") CHECK(group.learning_rate_factor == 1);
    if (group.prefix == "bn2.weight") CHECK(group.weight_decay == 0.0);
    CHECK(group.frozen == group.prefix.starts_with("downsample"));
  }
  CHECK(decayed_by(groups, 0.1, 0.95) == std::set<std::string>{"conv1.weight", "conv2.weight"});
}
