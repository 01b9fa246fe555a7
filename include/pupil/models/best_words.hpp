#pragma once
// The best words of rows of scores, without sorting the rows.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>

namespace pupil::captioning::detail {

/// A word, and the row that has it.
struct RankedWord {
  Index row = 0;
  std::int32_t word = 0;
  double score = 0;
};

/// Ties go to the earlier row, and there to the lower word.
inline bool is_better(const RankedWord& a, const RankedWord& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.row != b.row ? a.row < b.row : a.word < b.word;
}

/// Keeps the `most` best words of all rows that it is offered. Only groups of words that have a better one among them
/// are looked at one by one.
class BestWords {
 public:
  explicit BestWords(Index most) : most_(static_cast<std::size_t>(most)) {}

  /// Word w of this row scores base + scores[w]; -infinity stands for none. Rows come in their order.
  template <class T>
  void offer(Index row, double base, const T* scores, Index words) {
    constexpr T none = -std::numeric_limits<T>::infinity();
    for (Index first = 0; first < words; first += kernels::lane_count) {
      const T best = kernels::load_lanes(scores + first, words - first, none).maxCoeff();
      if (best == none || !is_wanted(base + static_cast<double>(best))) continue;
      for (Index word = first; word < std::min(words, first + kernels::lane_count); ++word) {
        const double score = base + static_cast<double>(scores[word]);
        if (scores[word] != none && is_wanted(score)) keep({row, static_cast<std::int32_t>(word), score});
      }
    }
  }

  /// The best first. Nothing is left here.
  std::vector<RankedWord> take() {
    std::sort_heap(heap_.begin(), heap_.end(), is_better);
    return std::exchange(heap_, {});
  }

 private:
  /// Words come in the order of ties, so one that only equals the worst is too late.
  bool is_wanted(double score) const { return heap_.size() < most_ || score > heap_.front().score; }

  void keep(const RankedWord& word) {
    if (heap_.size() == most_) {
      std::pop_heap(heap_.begin(), heap_.end(), is_better);
      heap_.pop_back();
    }
    heap_.push_back(word);
    std::push_heap(heap_.begin(), heap_.end(), is_better);
  }

  std::size_t most_;
  std::vector<RankedWord> heap_;  // the worst at the front
};

}  // namespace pupil::captioning::detail
