#pragma once
// The LSTM in training, and pupil's side of comparisons of it.

#include <memory>
#include <string>
#include <utility>

#include <pupil/nn/lstm.hpp>

#include "../captioner_sizes.hpp"
#include "../operations.hpp"
#include "comparison.hpp"

namespace bench {

/// A training pass of one layer over a batch of captions: forward, and all gradients.
struct LstmProblem {
  explicit LstmProblem(const Shape<3>& shape)
      : rng(1),
        lstm({.input_size = shape[2], .hidden_size = sizes::hidden}, rng),
        x(random_tensor(shape, rng)),
        dy{.output = random_tensor(Shape<3>{shape[0], shape[1], sizes::hidden}, rng)} {}

  Rng rng;
  pupil::Lstm<float> lstm;
  pupil::Lstm<float>::Context context;
  Tensor<float, 3> x;
  pupil::LstmOutput<float> dy;
  Tensor<float, 3> input;  ///< the copy of x that a pass may keep
  Tensor<float, 3> y, dx;
};

inline Contender pupil_lstm(const std::shared_ptr<LstmProblem>& problem) {
  const auto run = [=] {
    problem->y = problem->lstm.forward(std::move(problem->input), problem->context).output;
    problem->dx = problem->lstm.backward(problem->dy, problem->context).input;
  };
  const auto results = [=] {
    Results all{values_of(problem->y), values_of(problem->dx)};
    pupil::for_each_parameter(problem->lstm,
                              [&](const auto&, auto& parameter) { all.push_back(values_of(parameter.gradient)); });
    return all;
  };
  return {.run = run, .results = results, .prepare = [=] { problem->input = problem->x; }};
}

/// The comparison of a pass over so many captions of 20 steps; its benchmark begins with `make_peer(problem)`.
template <class MakePeer>
void add_lstm_comparison(Index captions, const std::string& peer, const MakePeer& make_peer) {
  constexpr Index steps = 20;
  const Shape<3> shape{steps, captions, sizes::embedding};
  const double operations = 3 * lstm_operations(steps * captions, sizes::embedding, sizes::hidden);
  const double weights = bytes_of(Shape{4 * sizes::hidden, sizes::embedding + sizes::hidden});
  // Each pass reads the weights, and the second writes their gradients; input, output and the two gradients.
  const double bytes = 3 * weights + 4 * bytes_of(shape);
  add_comparison({.workload = "lstm_" + spelled(shape) + "->" + std::to_string(sizes::hidden),
                  .pass = "forward_backward",
                  .peer = peer,
                  .work = {.operations = operations, .bytes = bytes, .captions = static_cast<double>(captions)}},
                 [=] {
                   const auto problem = std::make_shared<LstmProblem>(shape);
                   return Contenders{pupil_lstm(problem), make_peer(problem)};
                 });
}

}  // namespace bench
