#pragma once
// ConfusionMatrix: how often each class was taken for each other, and what follows from that.
//
//   ConfusionMatrix matrix(10);
//   for (const auto& [images, labels] : test.epoch()) matrix.add(net.forward(images), labels);
//   std::cout << matrix << matrix.accuracy() << '\n';

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/core/tensor_layout.hpp>
#include <pupil/metrics/class_labels.hpp>

namespace pupil {

class ConfusionMatrix {
 public:
  /// Nothing is counted yet. Throws OptionError for less than one class.
  explicit ConfusionMatrix(Index classes) {
    require<OptionError>(classes >= 1, "confusion_matrix: ", classes, " classes, there must be at least 1");
    counts_ = Tensor<Index, 2>({classes, classes});
  }

  /// Counts each row of logits [..., classes] as the class with its largest score. Throws ShapeError where there is not
  /// one label a row, or the number of classes is another, and IndexError for a label that is no class; nothing is then
  /// counted.
  template <class T, std::size_t Rank>
  requires(Rank >= 2) void add(const Tensor<T, Rank>& logits, const Tensor<std::int32_t, Rank - 1>& labels,
                               const ClassMetricOptions& options = {}) {
    require<ShapeError>(logits.columns() == classes(), "confusion_matrix: the logits ", logits.shape(), " are not of ",
                        classes(), " classes");
    detail::check_class_labels("confusion_matrix", logits, labels, options);
    const auto predicted = argmax(logits);
    for (Index r = 0; r < labels.size(); ++r) {
      if (labels[r] != options.ignored_target) ++counts_(labels[r], predicted[r]);
    }
  }

  /// Adds what another one has counted. Throws ShapeError for another number of classes.
  ConfusionMatrix& operator+=(const ConfusionMatrix& other) {
    require<ShapeError>(other.classes() == classes(), "confusion_matrix: ", other.classes(), " classes added to ",
                        classes());
    counts_.array() += other.counts_.array();
    return *this;
  }

  Index classes() const { return counts_.dim(0); }
  /// counts()(label, predicted)
  const Tensor<Index, 2>& counts() const { return counts_; }
  /// How many rows were counted.
  Index total() const { return counts_.array().sum(); }

  /// The part that was predicted right; 0 where nothing was counted.
  double accuracy() const {
    Index right = 0;
    for (Index c = 0; c < classes(); ++c) right += counts_(c, c);
    return ratio(right, total());
  }
  /// Of what was taken for this class, the part that is of it; 0 where nothing was.
  double precision(Index c) const {
    check_class(c);
    return ratio(counts_(c, c), counts_.matrix().col(c).sum());
  }
  /// Of what is of this class, the part that was taken for it; 0 where nothing is.
  double recall(Index c) const {
    check_class(c);
    return ratio(counts_(c, c), counts_.matrix().row(c).sum());
  }
  /// The harmonic mean of precision and recall; 0 where both are.
  double f1(Index c) const {
    const double p = precision(c), r = recall(c);
    return p + r == 0 ? 0 : 2 * p * r / (p + r);
  }

 private:
  static double ratio(Index part, Index whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }

  void check_class(Index c) const {
    require<IndexError>(c >= 0 && c < classes(), "confusion_matrix: the class ", c, " is not one of ", classes());
  }

  Tensor<Index, 2> counts_;  // [label, predicted]
};

/// The matrix of one batch.
template <class T, std::size_t Rank>
requires(Rank >= 2) ConfusionMatrix
    confusion_matrix(const Tensor<T, Rank>& logits, const Tensor<std::int32_t, Rank - 1>& labels,
                     const ClassMetricOptions& options = {}) {
  ConfusionMatrix matrix(logits.columns());
  matrix.add(logits, labels, options);
  return matrix;
}

/// Prints a line a label and a column a predicted class:
///
///   label   0   1  predicted
///       0  12   1
///       1   0   9
inline std::ostream& operator<<(std::ostream& out, const ConfusionMatrix& matrix) {
  const Index classes = matrix.classes();
  std::vector<std::size_t> widths;
  for (Index c = 0; c < classes; ++c) {
    const Index largest = matrix.counts().matrix().col(c).maxCoeff();
    widths.push_back(std::max(std::to_string(c).size(), std::to_string(largest).size()));
  }
  const auto padded = [](const std::string& text, std::size_t width) {
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
  };
  const std::size_t label_width = std::max(std::string("label").size(), std::to_string(classes - 1).size());
  out << padded("label", label_width);
  for (Index c = 0; c < classes; ++c) out << "  " << padded(std::to_string(c), widths[static_cast<std::size_t>(c)]);
  out << "  predicted\n";
  for (Index label = 0; label < classes; ++label) {
    out << padded(std::to_string(label), label_width);
    for (Index c = 0; c < classes; ++c) {
      out << "  " << padded(std::to_string(matrix.counts()(label, c)), widths[static_cast<std::size_t>(c)]);
    }
    out << '\n';
  }
  return out;
}

}  // namespace pupil
