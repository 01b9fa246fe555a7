#pragma once
// pupil and another library at the same work in the same minutes: a pass of one is followed by a pass of the other, and
// their medians are compared. Nothing is timed before both have computed the same.

#include <functional>
#include <string>
#include <vector>

#include <pupil/kernels/precision.hpp>

#include "../support.hpp"
#include "difference.hpp"

namespace bench {

/// One side of a comparison. It may be asked for its results after the first pass only, as gradients are added up.
struct Contender {
  std::function<void()> run;
  std::function<Results()> results;
  std::function<void()> prepare = [] {};  ///< called before every pass, and not timed
};

/// The peer may look at tensors that pupil's side owns.
struct Contenders {
  Contender pupil, peer;
};

struct Comparison {
  std::string workload;
  std::string pass;
  pupil::Precision precision = pupil::Precision::highest;  ///< of pupil's side
  std::string peer;
  Work work;
  double tolerance = 1e-4;  ///< how far results may lie apart, of the largest value in a tensor
};

/// Becomes the benchmark "peers/workload/pass/precision/peer". Its time is that of pupil's passes; besides, it reports
/// the peer's rate and how many times as fast as the peer pupil is.
void add_comparison(const Comparison& comparison, std::function<Contenders()> make);

/// A tensor's values, as results hold them.
template <std::size_t Rank>
std::vector<float> values_of(const Tensor<float, Rank>& tensor) {
  return {tensor.begin(), tensor.end()};
}

}  // namespace bench
