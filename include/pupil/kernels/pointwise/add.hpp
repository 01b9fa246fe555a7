#pragma once
// Sums of whole tensors.

#include <Eigen/Core>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil::kernels {

/// sum[i] += term[i]. Throws ShapeError where the shapes differ.
template <class T, std::size_t Rank>
void add_to(Tensor<T, Rank>& sum, const Tensor<T, Rank>& term) {
  require<ShapeError>(sum.shape() == term.shape(), "add: ", sum.shape(), " and ", term.shape(), " are not the same");
  using Array = Eigen::Array<T, Eigen::Dynamic, 1>;
  parallel_ranges(sum.size(), pointwise_grain, [&](Index begin, Index end) {
    Eigen::Map<Array>(sum.data() + begin, end - begin) += Eigen::Map<const Array>(term.data() + begin, end - begin);
  });
}

}  // namespace pupil::kernels
