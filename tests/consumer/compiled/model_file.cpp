// Keeps a network in a file and makes it again, by the layers that pupil::compiled has.

#include <iostream>

#include <pupil/pupil.hpp>

int main() {
  pupil::Rng rng(1);
  const pupil::AnySequential<float> net(pupil::Sequential{
      pupil::Residual{pupil::Dense<float>({.in_features = 3, .out_features = 3}, rng)}, pupil::Tanh<float>()});
  pupil::save_model("net.safetensors", net);
  const pupil::Tensor<float, 2> x({1, 3}, {1, -2, 3});
  const bool is_same = pupil::load_model<float>("net.safetensors").forward(x) == net.forward(x);
  std::cout << (is_same ? "the network is the same\n" : "the network is another\n");
  return is_same ? 0 : 1;
}
