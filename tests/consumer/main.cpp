// What a first user of pupil writes: it includes everything and adds up a tensor.

#include <iostream>
#include <numeric>
#include <string_view>

#include <pupil/pupil.hpp>

#ifndef EXPECTED_VERSION
#define EXPECTED_VERSION PUPIL_VERSION_STRING
#endif

int main() {
  static_assert(std::string_view(PUPIL_VERSION_STRING) == EXPECTED_VERSION);
  const pupil::Tensor<float, 2> x({2, 2}, {1, 2, 3, 4});
  const float sum = std::accumulate(x.begin(), x.end(), 0.0f);
  std::cout << "the sum of " << x.shape() << " is " << sum << '\n';
  return sum == 10.0f ? 0 : 1;
}
