#pragma once
// Tables of what is wrong and of what pupil says about it.

#include <functional>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>
#include <typeindex>
#include <typeinfo>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil::testing {

using Numbers = Tensor<float, 1>;
using Rows = Tensor<float, 2>;
using Sequences = Tensor<float, 3>;
using Images = Tensor<float, 4>;
using Mask = Tensor<bool, 2>;

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// One row: what is wrong, a function that does it, the exact type of the error and its whole message.
struct WrongUse {
  std::string what;
  std::function<void()> use;
  std::type_index error;
  std::string message;
};

/// The type and the message of what `use` throws, for comparing.
inline std::string error_of(const std::function<void()>& use) {
  try {
    use();
  } catch (const Error& error) {
    return message(typeid(error).name(), ": ", error.what());
  }
  return "nothing was thrown";
}

/// Checks that every row throws what it says.
inline void check_errors(std::initializer_list<WrongUse> table) {
  for (const WrongUse& row : table) {
    CAPTURE(row.what);
    CHECK(error_of(row.use) == message(row.error.name(), ": ", row.message));
  }
}

/// Makes a layer.
template <class Layer, class Options>
std::function<void()> made_with(const Options& options) {
  return [=] {
    Rng rng(1);
    if constexpr (std::is_constructible_v<Layer, Options, Rng&>) {
      Layer(options, rng);
    } else {
      Layer{options};
    }
  };
}

template <class Layer, class Options>
Layer make(const Options& options) {
  Rng rng(1);
  return Layer(options, rng);
}

/// Hands x to inference, having seen that training and output_shape, where there is one, throw the same.
template <class Layer, class X>
std::function<void()> every_pass(const Layer& layer, const X& x) {
  return [=] {
    const std::string error = error_of([&] { layer.forward(x); });
    CHECK(error_of([&] {
            Layer copy = layer;
            typename Layer::Context context;
            copy.forward(x, context);
          }) == error);
    if constexpr (requires { layer.output_shape(x.shape()); }) {
      CHECK(error_of([&] { layer.output_shape(x.shape()); }) == error);
    }
    layer.forward(x);
  };
}

/// Hands dy to `layer` with the context that `other` left of x.
template <class Layer, class X, class Dy>
std::function<void()> backward_by_another(const Layer& other, const X& x, const Layer& layer, const Dy& dy) {
  return [=] {
    Layer first = other;
    typename Layer::Context context;
    REQUIRE_NOTHROW(first.forward(x, context));
    Layer second = layer;
    second.backward(dy, context);
  };
}

/// Hands dy to the layer that x went through.
template <class Layer, class X, class Dy>
std::function<void()> backward_of(const Layer& layer, const X& x, const Dy& dy) {
  return backward_by_another(layer, x, layer, dy);
}

/// Hands dy to a layer with a context that nothing went through.
template <class Layer, class Dy>
std::function<void()> backward_of_nothing(const Layer& layer, const Dy& dy) {
  return [=] {
    Layer copy = layer;
    copy.backward(dy, {});
  };
}

}  // namespace pupil::testing
