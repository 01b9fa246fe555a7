// Dense layers: the encoder's features, and the logits of all words of a batch of captions.

#include <string>

#include <pupil/nn/dense.hpp>

#include "benchmarks.hpp"
#include "captioner_sizes.hpp"
#include "operations.hpp"
#include "support.hpp"

namespace bench {

namespace {

using Dense = pupil::Dense<float>;

void add_layer(Index rows, const pupil::DenseOptions& options) {
  const std::string name = spelled(Shape{rows, options.in_features}) + "->" + std::to_string(options.out_features);
  const double operations = product_operations(rows, options.out_features, options.in_features);
  add("dense/forward/" + name, [=](auto& state) {
    Rng rng(1);
    Dense dense(options, rng);
    time_forward(state, {.operations = operations}, dense, random_tensor(Shape{rows, options.in_features}, rng));
  });
  add("dense/backward/" + name, [=](auto& state) {
    Rng rng(1);
    Dense dense(options, rng);
    time_backward(state, {.operations = 2 * operations}, dense, random_tensor(Shape{rows, options.in_features}, rng),
                  rng);
  });
}

}  // namespace

void add_dense(Index batch) {
  add_layer(batch, {.in_features = 512, .out_features = sizes::embedding});
  add_layer(batch * sizes::words, {.in_features = sizes::hidden, .out_features = sizes::vocabulary});
}

}  // namespace bench
