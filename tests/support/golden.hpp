#pragma once
// What PyTorch computed, from tests/fixtures/ (see tools/make_fixtures.py), and layers compared with it: outputs, dx
// and the gradients of all parameters, in double and in float.

#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/io/state_dict.hpp>

#include "random_tensor.hpp"

namespace pupil::testing {

/// How far from PyTorch a number may be, relative to the tensor's largest.
template <class T>
inline constexpr double golden_tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-10;

/// The fixture of that name; tests run in the checkout.
inline SafetensorsFile fixture(const std::string& name) {
  return SafetensorsFile(std::filesystem::path("tests/fixtures") / (name + ".safetensors"));
}

/// Checks a tensor against the one of that name in the file.
template <class T, std::size_t Rank>
void check_golden_tensor(const SafetensorsFile& file, const std::string& name, const Tensor<T, Rank>& actual) {
  CAPTURE(name);
  const auto expected = file.read<T, Rank>(name);
  REQUIRE(actual.shape() == expected.shape());
  CHECK(relative_difference(actual, expected) <= golden_tolerance<T>);
}

/// Checks the gradients of all parameters against CASE/grad/NAME, and the buffers against CASE/after/NAME.
template <class Model>
void check_golden_gradients(const SafetensorsFile& file, const std::string& name, Model& model) {
  for_each_parameter(model, [&](const Name& parameter_name, auto& parameter) {
    const std::string full_name = name + "/grad/" + parameter_name.str();
    CAPTURE(full_name);
    auto expected = parameter.gradient;
    using T = typename std::remove_cvref_t<decltype(parameter)>::Scalar;
    read_parameter(file, ParameterLayout::channels_first, full_name, expected);
    CHECK(relative_difference(parameter.gradient, expected) <= golden_tolerance<T>);
  });
  for_each_buffer(model, [&](const Name& buffer_name, auto& buffer) {
    const std::string full_name = name + "/after/" + buffer_name.str();
    CAPTURE(full_name);
    auto expected = buffer;
    file.read_into(full_name, expected.shape(), expected.data());
    using T = typename std::remove_cvref_t<decltype(buffer)>::Scalar;
    if constexpr (std::is_floating_point_v<T>) {
      CHECK(relative_difference(buffer, expected) <= golden_tolerance<T>);
    } else {
      CHECK(buffer == expected);
    }
  });
}

/// Checks a layer of one tensor, of rank InRank to OutRank, against the case of Fixture.add_module: its state is loaded
/// first, so the layer may begin with anything. `Layer` has the scalar T.
template <class T, std::size_t InRank, std::size_t OutRank, class Layer>
void check_golden_layer(const SafetensorsFile& file, const std::string& name, Layer layer) {
  CAPTURE(name);
  load_state_dict(file, layer, name + "/state/");
  for_each_parameter(layer, [](const Name&, auto& parameter) { parameter.gradient.fill(0); });
  typename Layer::Context context;
  const auto y = layer.forward(file.read<T, InRank>(name + "/input"), context);
  check_golden_tensor(file, name + "/output", y);
  const auto dx = layer.backward(file.read<T, OutRank>(name + "/cotangent"), context);
  check_golden_tensor(file, name + "/input.grad", dx);
  check_golden_gradients(file, name, layer);
  check_golden_tensor(file, name + "/inference", std::as_const(layer).forward(file.read<T, InRank>(name + "/input")));
}

}  // namespace pupil::testing
