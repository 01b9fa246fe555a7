#pragma once
// One word drawn by chance, from the log probabilities of all.
//
//   p_w ~ e^(log p_w / temperature), first among the top_k most probable words, then among the fewest of these that
//   have top_p of the probability together
//
// Holtzman, Buys, Du, Forbes, Choi, "The curious case of neural text degeneration", 2020 (top-p).

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/kernels/pointwise/softmax.hpp>
#include <pupil/models/best_words.hpp>

namespace pupil::captioning {

/// Among which words chance decides, and how evenly.
struct WordDraw {
  double temperature = 1;  ///< below 1 probable words become more so, above 1 less
  Index top_k = 0;         ///< only so many of the most probable words; 0: all
  double top_p = 1;        ///< only the fewest of the most probable words that have this much of the probability
};

namespace detail {

inline void check(const WordDraw& draw, std::string_view caller) {
  require<OptionError>(std::isfinite(draw.temperature) && draw.temperature > 0, caller, ": temperature is ",
                       draw.temperature, ", not above 0");
  require<OptionError>(draw.top_k >= 0, caller, ": top_k is ", draw.top_k);
  require<OptionError>(draw.top_p > 0 && draw.top_p <= 1, caller, ": top_p is ", draw.top_p, ", not in (0, 1]");
}

/// From log probabilities, -infinity where a word may not be, makes probabilities at a temperature.
template <class T>
void at_temperature(std::span<T> row, double temperature) {
  const auto words = static_cast<Index>(row.size());
  const T maximum = kernels::row_maximum(row.data(), words);
  const T inverse = static_cast<T>(std::min(1 / temperature, static_cast<double>(std::numeric_limits<T>::max())));
  kernels::transform_lanes(row.data(), words, [=](const kernels::Lanes<T>& x) -> kernels::Lanes<T> {
    const kernels::Lanes<T> below = x - maximum;
    // The most probable word, at 0, and what may not be, at -infinity, stay so at any temperature.
    return kernels::choose<T>([&](Index i) { return below[i] == T{0} || std::isinf(below[i]); }, below,
                              below * inverse);
  });
  kernels::softmax_row(row.data(), words);
}

/// The word at which the sum of the probabilities before it passes `share` of them all. Sums are of groups first.
template <class T>
std::int32_t word_at(std::span<const T> probabilities, double share) {
  const auto words = static_cast<Index>(probabilities.size());
  const auto group = [&](Index first) {
    return kernels::load_lanes(probabilities.data() + first, words - first, T{0});
  };
  double sum = 0;
  for (Index first = 0; first < words; first += kernels::lane_count) sum += static_cast<double>(group(first).sum());
  double left = share * sum;
  for (Index first = 0; first < words; first += kernels::lane_count) {
    const auto lanes = group(first);
    const auto here = static_cast<double>(lanes.sum());
    if (left >= here) {
      left -= here;
      continue;
    }
    for (Index i = 0; i < std::min(kernels::lane_count, words - first); ++i) {
      left -= static_cast<double>(lanes[i]);
      if (left < 0) return static_cast<std::int32_t>(first + i);
    }
  }
  // What rounding leaves over belongs to the last word that can be.
  Index last = words - 1;
  while (last > 0 && probabilities[static_cast<std::size_t>(last)] == T{0}) --last;
  return static_cast<std::int32_t>(last);
}

/// The most probable words that chance decides among, the best first.
template <class T>
std::vector<RankedWord> most_probable(std::span<const T> probabilities, const WordDraw& draw) {
  const auto words = static_cast<Index>(probabilities.size());
  const Index most = draw.top_k == 0 ? words : std::min(draw.top_k, words);
  // Few words have nearly all of the probability, mostly: more are looked for where they do not.
  for (Index count = draw.top_p < 1 ? std::min<Index>(64, most) : most;; count = std::min(4 * count, most)) {
    BestWords best(count);
    best.offer(0, 0.0, probabilities.data(), words);
    std::vector<RankedWord> found = best.take();
    if (draw.top_p == 1) return found;
    double of_top_k = 1;
    if (draw.top_k > 0) {
      if (count < most) continue;  // the share is one of the top_k's probability
      of_top_k = 0;
      for (const RankedWord& word : found) of_top_k += word.score;
    }
    double sum = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      sum += found[i].score;
      if (sum < draw.top_p * of_top_k) continue;
      found.resize(i + 1);
      return found;
    }
    if (count == most) return found;
  }
}

/// Draws a word by a uniform number in [0, 1). The row, log probabilities with at least one word that can be, is used
/// up.
template <class T>
std::int32_t draw_word(std::span<T> row, const WordDraw& draw, double uniform) {
  at_temperature(row, draw.temperature);
  const std::span<const T> probabilities = row;
  if (draw.top_k == 0 && draw.top_p == 1) return word_at(probabilities, uniform);
  const std::vector<RankedWord> words = most_probable(probabilities, draw);
  double left = 0;
  for (const RankedWord& word : words) left += word.score;
  left *= uniform;
  for (const RankedWord& word : words) {
    left -= word.score;
    if (left < 0) return word.word;
  }
  return words.front().word;
}

}  // namespace detail

}  // namespace pupil::captioning
