#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/identity.hpp>

#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("identity gives what it was given, both ways") {
  Rng rng(1);
  const auto x = random_tensor<double>(Shape{2, 3}, rng);
  CHECK(Identity().forward(x) == x);
  check_gradients(Identity(), x, rng);
}

TEST_CASE("identity copies nothing that is moved through it") {
  Tensor<float, 2> x({2, 3});
  const float* const memory = x.data();
  Identity::Context context;
  CHECK(Identity().backward(Identity().forward(std::move(x), context), context).data() == memory);
}
