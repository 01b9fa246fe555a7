// What a first user of pupil writes: it includes everything and adds up a tensor.

#include <iostream>
#include <numeric>

#include <pupil/pupil.hpp>

int main() {
  const pupil::Tensor<float, 2> x({2, 2}, {1, 2, 3, 4});
  const float sum = std::accumulate(x.begin(), x.end(), 0.0f);
  std::cout << "the sum of " << x.shape() << " is " << sum << '\n';
  return sum == 10.0f ? 0 : 1;
}
