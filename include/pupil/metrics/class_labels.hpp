#pragma once
// The labels of rows of scores, as metrics of classification read them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil {

struct ClassMetricOptions {
  std::int32_t ignored_target = -1;  ///< rows with this label count for nothing, as in softmax_cross_entropy
};

namespace detail {

/// Throws ShapeError where there is not one label a row of logits [..., classes], IndexError for a label that is
/// neither a class nor ignored.
template <class T, std::size_t Rank>
void check_class_labels(std::string_view metric, const Tensor<T, Rank>& logits,
                        const Tensor<std::int32_t, Rank - 1>& labels, const ClassMetricOptions& options) {
  Shape<Rank - 1> rows;
  std::copy_n(logits.shape().begin(), Rank - 1, rows.dims.begin());
  require<ShapeError>(labels.shape() == rows, metric, ": the labels ", labels.shape(), " do not fit the logits ",
                      logits.shape());
  for (Index r = 0; r < labels.size(); ++r) {
    const std::int32_t label = labels[r];
    require<IndexError>(label == options.ignored_target || (label >= 0 && label < logits.columns()), metric,
                        ": the label ", label, " of row ", r, " is not one of the ", logits.columns(), " classes");
  }
}

}  // namespace detail

}  // namespace pupil
