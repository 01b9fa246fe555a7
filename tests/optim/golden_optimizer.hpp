#pragma once
// What every optimizer is tested for: it goes where PyTorch's goes (see tools/fixtures/optimizers.py), gives the same
// bits for any number of threads, asks for no memory, and goes on from its saved state.

#include <algorithm>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

#include <pupil/core/storage.hpp>

#include "../support/golden.hpp"
#include "../support/thread_counts.hpp"
#include "two_parameters.hpp"

namespace pupil::testing {

/// Step `step` of a fixture's tensor [steps, ...].
template <std::size_t Rank>
Tensor<double, Rank> at_step(const SafetensorsFile& file, const std::string& name, Index step,
                             const Shape<Rank>& shape) {
  Shape<Rank + 1> all;
  all[0] = 10;
  std::copy(shape.begin(), shape.end(), all.dims.begin() + 1);
  auto steps = Tensor<double, Rank + 1>::uninitialized(all);
  file.read_into(name, steps.shape(), steps.data());
  auto one = Tensor<double, Rank>::uninitialized(shape);
  std::copy_n(steps.data() + step * one.size(), one.size(), one.data());
  return one;
}

/// Checks ten steps against CASE of the fixture.
template <class Optimizer>
void check_golden_steps(const std::string& name, Optimizer optimizer) {
  const SafetensorsFile file = fixture("optimizers");
  TwoParameters<double> model({3, 4}, 5);
  model.weight.value = file.read<double, 2>("start/weight");
  model.bias.value = file.read<double, 1>("start/bias");
  for (Index step = 0; step < 10; ++step) {
    CAPTURE(name);
    CAPTURE(step);
    model.weight.gradient = at_step(file, "gradients/weight", step, model.weight.value.shape());
    model.bias.gradient = at_step(file, "gradients/bias", step, model.bias.value.shape());
    optimizer.step(model);
    const auto weight = at_step(file, name + "/weight", step, model.weight.value.shape());
    const auto bias = at_step(file, name + "/bias", step, model.bias.value.shape());
    CHECK(relative_difference(model.weight.value, weight) <= golden_tolerance<double>);
    CHECK(relative_difference(model.bias.value, bias) <= golden_tolerance<double>);
  }
}

/// Checks the options, and the same with the group of the fixture's CASE_groups.
template <class Optimizer, class Options>
void check_golden_optimizer(const std::string& name, Options options) {
  check_golden_steps(name, Optimizer(options));
  options.groups = {{.prefix = "weight", .learning_rate_factor = 0.5, .weight_decay = 0.4}};
  check_golden_steps(name + "_groups", Optimizer(options));
}

/// Checks threads, memory and the way from one optimizer's state to another; `Optimizer` trains floats.
template <class Optimizer, class Options>
void check_optimizer_promises(const Options& options) {
  Rng rng(1);
  const TwoParameters<float> start({211, 101}, 40, rng);
  check_thread_counts([&] {
    auto model = start;
    Optimizer optimizer(options);
    for (int step = 0; step < 3; ++step) {
      model.weight.gradient = start.weight.gradient;
      optimizer.step(model);
    }
    return model.weight.value;
  });

  auto model = start;
  Optimizer first(options);
  first.step(model);
  const auto before = StoragePool::instance().statistics();
  first.step(model);
  CHECK(StoragePool::instance().statistics().system_allocations == before.system_allocations);
  CHECK(StoragePool::instance().statistics().bytes_in_use == before.bytes_in_use);
  CHECK(model.weight.gradient == Tensor<float, 2>({211, 101}));

  auto copy = model;
  Optimizer second(options);
  second.prepare(copy);
  CHECK(count_parameters(second) == 0);  // the state is buffers
  first.visit([&](const Name& name, auto& saved) {
    second.visit([&](const Name& other, auto& restored) {
      if constexpr (std::is_same_v<decltype(saved), decltype(restored)>) {
        if (other.str() == name.str()) restored = saved;
      }
    });
  });
  model.weight.gradient = copy.weight.gradient = start.weight.gradient;
  first.step(model);
  second.step(copy);
  CHECK(copy.weight.value == model.weight.value);
}

}  // namespace pupil::testing
