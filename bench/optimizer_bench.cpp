// What comes after the gradients, for as many parameters as the captioner's last layer has.

#include <string>

#include <pupil/nn/dense.hpp>
#include <pupil/optim/adam.hpp>
#include <pupil/optim/clip_gradients.hpp>
#include <pupil/optim/sgd.hpp>

#include "benchmarks.hpp"
#include "captioner_sizes.hpp"
#include "support.hpp"

namespace bench {

namespace {

using Dense = pupil::Dense<float>;

/// Times `change(model)` on gradients that are the same each time, where every parameter is moved `tensors` times.
template <class Change>
void time_change(benchmark::State& state, int tensors, const Change& change) {
  Rng rng(1);
  Dense model({.in_features = sizes::hidden, .out_features = sizes::vocabulary}, rng);
  const auto fill_gradients = [&] {
    pupil::for_each_parameter(model, [](const auto&, auto& parameter) { parameter.gradient.fill(1e-3F); });
    return 0;
  };
  const double bytes = static_cast<double>(sizeof(float)) * static_cast<double>(pupil::count_parameters(model));
  time_passes(state, {.bytes = tensors * bytes}, fill_gradients, [&](int) {
    change(model);
    benchmark::ClobberMemory();
  });
}

}  // namespace

void add_optimizers() {
  const std::string name = spelled(Shape{sizes::vocabulary, sizes::hidden});
  add("adam/step/" + name, [](auto& state) {
    pupil::Adam<float> adam;
    time_change(state, 8, [&](Dense& model) { adam.step(model); });  // value, gradient and two means, read and written
  });
  add("sgd/step_with_momentum/" + name, [](auto& state) {
    pupil::Sgd<float> sgd({.momentum = 0.9});
    time_change(state, 6, [&](Dense& model) { sgd.step(model); });
  });
  add("clip_gradient_norm/" + name, [](auto& state) {
    time_change(state, 3, [](Dense& model) { pupil::clip_gradient_norm(model, 0.5); });  // read; read and written
  });
}

}  // namespace bench
