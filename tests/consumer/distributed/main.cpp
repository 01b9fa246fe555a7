// A first program of several processes, here of one: all know of each other, and add up a number.

#include <iostream>
#include <vector>

#include <pupil/distributed/communicator.hpp>

int main() {
  const auto ranks = pupil::Communicator::world();
  std::vector<float> numbers{1};
  ranks.all_reduce_sum(numbers);
  std::cout << "rank " << ranks.rank() << " of " << ranks.size() << ": the sum is " << numbers[0] << '\n';
  return numbers[0] == static_cast<float>(ranks.size()) ? 0 : 1;
}
