#pragma once
// Connectionist temporal classification: how surprised a model is by a sequence of classes that is shorter than what it
// reads, where nobody says which step is which class. Graves, Fernández, Gomez, Schmidhuber, "Connectionist temporal
// classification: labelling unsegmented sequence data with recurrent neural networks", 2006. PyTorch's twin is
// nn.CTCLoss.
//
// A path gives every step a class or the blank, and is read by leaving out repetitions and then blanks: -aa-ab- is aab.
// The probability of a target is the sum of those of all paths that are read as it, which pass through
// l' = blank, l_1, blank, l_2, ..., blank, from step to step staying, or going on by 1, or by 2 where that leaves out a
// blank between different classes. In logarithms, with x the log probabilities and (+) the logarithm of a sum of
// powers,
//
//   a_t(s) = x_t(l'_s) + (a_{t-1}(s) (+) a_{t-1}(s-1) (+) a_{t-1}(s-2) where allowed)       paths to s, with step t
//   b_t(s) = the (+) over the same ways on, to s', of x_{t+1}(l'_{s'}) + b_{t+1}(s')        paths from s, without step
//   t L = -ln p = -(a_T(end) (+) a_T(end - 1))        dL/dx_t(k) = -sum over s with l'_s = k of e^(a_t(s) + b_t(s) - ln
//   p)
//
// All of it is computed in double. PyTorch's gradient of the log probabilities is e^x_t(k) more, which LogSoftmax takes
// away again: the gradients of the logits are the same.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/loss.hpp>

namespace pupil {

struct CtcLossOptions {
  std::int32_t blank = 0;              ///< the class that stands for none
  bool zero_infinity = false;          ///< sequences that are too short for their targets count for nothing
  std::optional<double> divisor = {};  ///< of the sum of all losses; none: each by its target's length, then the mean
};

namespace detail {

/// ln(e^a + e^b + e^c)
inline double log_of_sum(double a, double b, double c) {
  const double largest = std::max({a, b, c});
  if (largest == -std::numeric_limits<double>::infinity()) return a + b + c;  // a NaN among them stays one
  return largest + std::log(std::exp(a - largest) + std::exp(b - largest) + std::exp(c - largest));
}

/// The paths of one sequence, whose steps are `stride` numbers apart.
template <class T>
class CtcPaths {
 public:
  CtcPaths(T* log_probabilities, Index stride, Index time, Index classes, std::span<const std::int32_t> target,
           std::int32_t blank)
      : x_(log_probabilities),
        stride_(stride),
        time_(time),
        classes_(classes),
        target_(target),
        blank_(blank),
        to_(Tensor<double, 2>::uninitialized({time, 2 * static_cast<Index>(target.size()) + 1})) {}

  /// -ln p
  double loss() {
    for (Index t = 0; t < time_; ++t) {
      for (Index s = 0; s < places(); ++s) to_(t, s) = log_probability(t, s) + before(t, s);
    }
    const double last = to_(time_ - 1, places() - 1);
    log_p_ = log_of_sum(last, places() > 1 ? to_(time_ - 1, places() - 2) : never, never);
    return -log_p_;
  }

  /// After loss(): the log probabilities become `scale` times the gradient.
  void make_gradient(double scale) {
    Tensor<double, 1> from({places()});
    Tensor<double, 1> onwards({places()});  // the step after t and all that follows it, from each place
    for (Index t = time_ - 1; t >= 0; --t) {
      for (Index s = 0; s < places(); ++s) {
        from[s] = t == time_ - 1 ? (s + 2 >= places() ? 0 : never) : after(onwards, s);
      }
      for (Index s = 0; s < places(); ++s) onwards[s] = log_probability(t, s) + from[s];
      T* const row = x_ + t * stride_;
      std::fill_n(row, classes_, T{0});
      for (Index s = 0; s < places(); ++s) {
        row[class_at(s)] -= static_cast<T>(scale * std::exp(to_(t, s) + from[s] - log_p_));
      }
    }
  }

  /// The log probabilities become one number.
  void fill_gradient(T value) {
    for (Index t = 0; t < time_; ++t) std::fill_n(x_ + t * stride_, classes_, value);
  }

 private:
  static constexpr double never = -std::numeric_limits<double>::infinity();

  Index places() const { return to_.columns(); }
  std::int32_t class_at(Index s) const { return s % 2 == 0 ? blank_ : target_[static_cast<std::size_t>(s / 2)]; }
  double log_probability(Index t, Index s) const { return static_cast<double>(x_[t * stride_ + class_at(s)]); }
  /// Whether a path may come to s from two places before it.
  bool leaves_out_blank(Index s) const { return s % 2 == 1 && s >= 3 && class_at(s) != class_at(s - 2); }

  /// The paths to the places from which step t comes to s.
  double before(Index t, Index s) const {
    if (t == 0) return s <= 1 ? 0 : never;
    return log_of_sum(to_(t - 1, s), s >= 1 ? to_(t - 1, s - 1) : never,
                      leaves_out_blank(s) ? to_(t - 1, s - 2) : never);
  }
  double after(const Tensor<double, 1>& onwards, Index s) const {
    return log_of_sum(onwards[s], s + 1 < places() ? onwards[s + 1] : never,
                      s + 2 < places() && leaves_out_blank(s + 2) ? onwards[s + 2] : never);
  }

  T* x_;
  Index stride_;
  Index time_;
  Index classes_;
  std::span<const std::int32_t> target_;
  std::int32_t blank_;
  Tensor<double, 2> to_;  // a: [time, places]
  double log_p_ = 0;
};

template <class T>
void check_ctc(const Tensor<T, 3>& log_probabilities, const Tensor<std::int32_t, 2>& targets,
               std::span<const Index> input_lengths, std::span<const Index> target_lengths,
               const CtcLossOptions& options) {
  const auto [time, batch, classes] = log_probabilities.shape().dims;
  require<ShapeError>(targets.dim(0) == batch, "ctc_loss: the targets ", targets.shape(),
                      " do not fit the log probabilities ", log_probabilities.shape());
  require<ShapeError>(
      static_cast<Index>(input_lengths.size()) == batch && static_cast<Index>(target_lengths.size()) == batch,
      "ctc_loss: ", input_lengths.size(), " input lengths and ", target_lengths.size(), " target lengths for ", batch,
      " sequences");
  require<OptionError>(options.blank >= 0 && options.blank < classes, "ctc_loss: the blank ", options.blank,
                       " is not one of the ", classes, " classes");
  require<OptionError>(!options.divisor || *options.divisor > 0, "ctc_loss: the divisor ", options.divisor.value_or(0),
                       " is not positive");
  for (Index b = 0; b < batch; ++b) {
    const Index input_length = input_lengths[static_cast<std::size_t>(b)];
    const Index target_length = target_lengths[static_cast<std::size_t>(b)];
    require<IndexError>(input_length >= 1 && input_length <= time, "ctc_loss: the length of input ", b, " is ",
                        input_length, ", not from 1 to ", time);
    require<IndexError>(target_length >= 0 && target_length <= targets.dim(1), "ctc_loss: the length of target ", b,
                        " is ", target_length, ", not from 0 to ", targets.dim(1));
    for (Index i = 0; i < target_length; ++i) {
      const std::int32_t target = targets(b, i);
      require<IndexError>(target >= 0 && target < classes && target != options.blank, "ctc_loss: class ", target,
                          " at position ", i, " of target ", b, " is not one of the ", classes,
                          " classes, or is the blank");
    }
  }
}

}  // namespace detail

/// The mean over the batch of each sequence's loss, by the length of its target where there is no divisor, from log
/// probabilities [time, batch, classes], as LogSoftmax makes them, and targets [batch, longest target], none of which
/// is the blank. What stands behind the length of an input or of a target is never read; the gradient there is 0. The
/// gradient is made in the memory of the log probabilities: move them in.
///
/// A sequence that is too short for its target (repeated classes need a blank between them) has the loss infinity and a
/// gradient of NaN, or with zero_infinity 0 and 0; `count` is the number of the others. Throws ShapeError where shapes
/// or numbers of lengths do not fit, IndexError for a class or a length that is out of range, OptionError for a blank
/// that is no class, or a divisor that is not positive.
template <class T>
Loss<T, 3> ctc_loss(Tensor<T, 3> log_probabilities, const Tensor<std::int32_t, 2>& targets,
                    std::span<const Index> input_lengths, std::span<const Index> target_lengths,
                    const CtcLossOptions& options = {}) {
  detail::check_ctc(log_probabilities, targets, input_lengths, target_lengths, options);
  const Index time = log_probabilities.dim(0), batch = log_probabilities.dim(1), classes = log_probabilities.dim(2);
  auto losses = Tensor<double, 1>::uninitialized({batch});
  Tensor<bool, 1> is_possible({batch});
  parallel_for(batch, [&](Index b) {
    const auto i = static_cast<std::size_t>(b);
    const Index length = input_lengths[i];
    const Index target_length = target_lengths[i];
    const double divisor = options.divisor.value_or(static_cast<double>(std::max<Index>(target_length, 1) * batch));
    const std::span target(targets.row(b), static_cast<std::size_t>(target_length));
    detail::CtcPaths<T> paths(log_probabilities.row(b), batch * classes, length, classes, target, options.blank);
    losses[b] = paths.loss() / divisor;
    is_possible[b] = losses[b] != std::numeric_limits<double>::infinity();
    if (is_possible[b]) {
      paths.make_gradient(1 / divisor);
    } else {
      paths.fill_gradient(options.zero_infinity ? T{0} : std::numeric_limits<T>::quiet_NaN());
      if (options.zero_infinity) losses[b] = 0;
    }
    for (Index t = length; t < time; ++t) std::fill_n(log_probabilities.row(t * batch + b), classes, T{0});
  });
  double sum = 0;
  for (const double loss : losses) sum += loss;
  const Index count = std::count(is_possible.begin(), is_possible.end(), true);
  return {static_cast<T>(sum), std::move(log_probabilities), count};
}

}  // namespace pupil
