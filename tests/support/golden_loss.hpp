#pragma once
// Losses compared with PyTorch's: the cases of tools/fixtures/losses.py.

#include <string>
#include <vector>

#include "golden.hpp"

namespace pupil::testing {

/// The lengths of the sequences in the masked cases, whose tensors are [time, batch, ...].
inline const std::vector<Index> golden_lengths{4, 1, 0, 3};

/// Checks value and gradient of `loss(input, target)` against the case of that name.
template <class T, std::size_t Rank, class Target, std::size_t TargetRank, class LossFunction>
void check_golden_loss(const SafetensorsFile& file, const std::string& name, const LossFunction& loss) {
  CAPTURE(name);
  const auto result = loss(file.read<T, Rank>(name + "/input"), file.read<Target, TargetRank>(name + "/target"));
  check_golden_tensor(file, name + "/loss", Tensor<T, 1>({1}, {result.value}));
  check_golden_tensor(file, name + "/gradient", result.gradient);
}

/// A tensor of the file as a vector of doubles, such as weights.
inline std::vector<double> golden_numbers(const SafetensorsFile& file, const std::string& name) {
  const auto tensor = file.read<double, 1>(name);
  return {tensor.begin(), tensor.end()};
}

}  // namespace pupil::testing
