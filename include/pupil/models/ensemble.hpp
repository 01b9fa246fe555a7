#pragma once
// Ensemble: several decoders that speak as one. At every step each gives the probabilities of the next word, and their
// mean counts. It is a decoder itself, for beam search and for sampling.
//
//   p_w = 1/n sum over members of p_w of the member

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/models/spoken_steps.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// Throws OptionError, naming both, where two captioners cannot be in one ensemble because they do not number the same
/// words in the same way.
inline void require_same_words(std::string_view first_name, const Vocabulary& first, std::string_view other_name,
                               const Vocabulary& other) {
  if (first == other) return;
  const auto words = [](const Vocabulary& vocabulary) {
    return vocabulary.size() - static_cast<Index>(Vocabulary::special_words.size());
  };
  throw OptionError(message("ensemble: ", other_name, " knows other words (", words(other), ") than ", first_name, " (",
                            words(first), "); its members need the same"));
}

namespace detail {

/// log(e^a + e^b), wherever one or both are -infinity too.
template <class T>
kernels::Lanes<T> log_of_sum(const kernels::Lanes<T>& a, const kernels::Lanes<T>& b) {
  constexpr T none = -std::numeric_limits<T>::infinity();
  const kernels::Lanes<T> larger = a.max(b);
  const kernels::Lanes<T> sum = larger + (T{1} + kernels::exponential<T>(a.min(b) - larger)).log();
  return kernels::choose<T>([&](Index i) { return larger[i] == none; }, larger, sum);
}

}  // namespace detail

/// Members are used, not owned: they must live longer. A decoder may be a member more than once, as for an image and
/// its mirror image.
template <class Decoder>
class Ensemble {
 public:
  /// What a search asks of it.
  struct Options {
    Index max_caption_length = 30;  ///< the least of the members': none says more than it was made for
  };

  /// What each member remembers.
  template <class MemberState>
  struct StateOf {
    std::vector<MemberState> members;

    Index rows() const { return members.front().rows(); }
    /// Keeps these rows, in this order.
    void select(std::span<const Index> rows) {
      for (MemberState& member : members) member.select(rows);
    }
  };

  /// Throws OptionError where there is no member.
  explicit Ensemble(std::vector<const Decoder*> members) : members_(std::move(members)) {
    require<OptionError>(!members_.empty(), "ensemble: it has no member");
    options_.max_caption_length = members_.front()->options().max_caption_length;
    for (const Decoder* const member : members_) {
      options_.max_caption_length = std::min(options_.max_caption_length, member->options().max_caption_length);
    }
  }

  const Options& options() const { return options_; }

  /// From each member's own features of the same images, in the members' order. Throws ShapeError where the numbers of
  /// members or images differ.
  template <class Features>
  auto start(const std::vector<Features>& features) const {
    require<ShapeError>(features.size() == members_.size(), "ensemble: there are ", features.size(),
                        " features for the ", members_.size(), " members");
    StateOf<decltype(members_.front()->start(features.front()))> state;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      state.members.push_back(members_[i]->start(features[i]));
      const Index images = state.members.back().rows();
      require<ShapeError>(images == state.rows(), "ensemble: member ", i, " has features of ", images,
                          " images, the first of ", state.rows());
    }
    return state;
  }

  /// Reads one word a row: moves every member on and returns logits of the next, [rows, words]: their softmax is the
  /// mean of the members' probabilities. Throws ShapeError where members know different numbers of words, NumericError
  /// where one has no scores.
  template <class State>
  auto step(const Tensor<std::int32_t, 1>& words, State& state) const {
    auto sum = log_probabilities(0, words, state);
    for (std::size_t i = 1; i < members_.size(); ++i) {
      const auto other = log_probabilities(i, words, state);
      require<ShapeError>(other.shape() == sum.shape(), "ensemble: member ", i, " gives scores ", other.shape(),
                          ", the first ", sum.shape());
      add(sum, other);
    }
    return sum;  // logarithms of the sums, not of the means: to softmax that is the same
  }

 private:
  template <class State>
  auto log_probabilities(std::size_t member, const Tensor<std::int32_t, 1>& words, State& state) const {
    auto logits = members_[member]->step(words, state.members[member]);
    parallel_for(logits.rows(), logits.columns(),
                 [&](Index row) { detail::to_log_probabilities(detail::row_of(logits, row), "ensemble"); });
    return logits;
  }

  template <class T>
  static void add(Tensor<T, 2>& sum, const Tensor<T, 2>& other) {
    parallel_for(sum.rows(), sum.columns(), [&](Index row) {
      kernels::combine_lanes(sum.row(row), other.row(row), sum.columns(), detail::log_of_sum<T>);
    });
  }

  std::vector<const Decoder*> members_;
  Options options_;
};

}  // namespace pupil::captioning
