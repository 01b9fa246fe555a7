// Pointwise functions, on images as they come out of ResNet-18's first stage.

#include <string>

#include <pupil/nn/activations.hpp>

#include "benchmarks.hpp"
#include "support.hpp"

namespace bench {

namespace {

/// Either pass reads a tensor and writes one, and writes or reads what is kept of the first: `kept` tensors.
template <class Activation>
void add_activation(const std::string& name, const Shape<4>& image, double kept) {
  const Work work{.bytes = (2 + kept) * bytes_of(image), .images = static_cast<double>(image[0])};
  add(name + "/forward/" + spelled(image, 1), [=](auto& state) {
    Rng rng(1);
    Activation activation;
    time_forward(state, work, activation, random_tensor(image, rng));
  });
  add(name + "/backward/" + spelled(image, 1), [=](auto& state) {
    Rng rng(1);
    Activation activation;
    time_backward(state, work, activation, random_tensor(image, rng), rng);
  });
}

}  // namespace

void add_activations(Index batch) {
  constexpr double one_bit = 1.0 / 32;
  const Shape<4> stem{batch, 112, 112, 64};
  const Shape<4> first_stage{batch, 56, 56, 64};
  add_activation<pupil::Relu<float>>("relu", stem, one_bit);
  add_activation<pupil::Relu<float>>("relu", first_stage, one_bit);
  add_activation<pupil::Relu6<float>>("relu6", first_stage, one_bit);
  add_activation<pupil::Sigmoid<float>>("sigmoid", first_stage, 1);
  add_activation<pupil::Tanh<float>>("tanh", first_stage, 1);
}

}  // namespace bench
