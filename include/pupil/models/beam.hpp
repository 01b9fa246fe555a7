#pragma once
// One image's beam: the beginnings of its caption that are still open, in groups, and those that came to an end.
//
// The first group is searched as if it were alone. Every later one takes `diversity` off a word's log probability for
// each time that groups before it chose the word at the same step; only the choice heeds this, log probabilities are
// the decoder's. Vijayakumar, Cogswell, Selvaraju, Sun, Lee, Crandall, Batra, "Diverse beam search", 2018, with
// the Hamming distance.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <pupil/core/stable_sort.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/models/best_words.hpp>
#include <pupil/models/caption_constraints.hpp>
#include <pupil/models/found_caption.hpp>
#include <pupil/models/spoken_steps.hpp>

namespace pupil::captioning::detail {

/// What is the same for the beams of all images.
struct BeamRules {
  Index width = 1;  ///< of all groups together
  Index groups = 1;
  Index captions = 1;  ///< how many are wanted
  Index max_length = 30;
  double length_penalty = 0;
  double diversity = 0;
  NextWords next_words;

  double score(const FoundCaption& caption) const { return caption_score(caption, length_penalty); }
  /// The most that an open caption can come to: log probabilities only fall, and the longest are divided by most.
  double best_score(double log_probability) const { return caption_score(log_probability, max_length, length_penalty); }

  /// Groups share the width out as evenly as it goes.
  Index group_width(Index group) const { return width / groups + (group < width % groups ? 1 : 0); }
};

/// One caption so far.
struct Hypothesis {
  std::vector<std::int32_t> words;
  double log_probability = 0;
};

/// What one group's search has come to.
struct BeamGroup {
  std::vector<Hypothesis> open{Hypothesis{}};
  std::vector<FoundCaption> finished;  ///< the best first, no more than are wanted

  /// Ties go to what was found earlier.
  void finish(FoundCaption caption, const BeamRules& rules) {
    const auto is_better = [&](const FoundCaption& a, const FoundCaption& b) {
      return rules.score(a) > rules.score(b);
    };
    finished.insert(std::upper_bound(finished.begin(), finished.end(), caption, is_better), std::move(caption));
    if (static_cast<Index>(finished.size()) > rules.captions) finished.pop_back();
  }

  /// Whether no open caption can overtake the worst that is wanted.
  bool is_decided(const BeamRules& rules) const {
    if (static_cast<Index>(finished.size()) < rules.captions) return false;
    const double worst = rules.score(finished.back());
    return std::ranges::all_of(
        open, [&](const Hypothesis& hypothesis) { return rules.best_score(hypothesis.log_probability) <= worst; });
  }
};

/// Takes something off some words' scores for as long as it lives.
template <class T>
class Malus {
 public:
  Malus(std::span<T> row, std::span<const std::int32_t> words, double each) : row_(row), words_(words) {
    for (const std::int32_t word : words_) {
      T& score = row_[static_cast<std::size_t>(word)];
      before_.push_back(score);
      score -= static_cast<T>(each);
    }
  }
  Malus(const Malus&) = delete;
  Malus& operator=(const Malus&) = delete;
  ~Malus() {
    for (std::size_t i = words_.size(); i-- > 0;) row_[static_cast<std::size_t>(words_[i])] = before_[i];
  }

 private:
  std::span<T> row_;
  std::span<const std::int32_t> words_;
  std::vector<T> before_;
};

class Beam {
 public:
  explicit Beam(const BeamRules& rules) : rules_(&rules), groups_(static_cast<std::size_t>(rules.groups)) {}

  /// How many captions are open, in all groups.
  Index open() const {
    std::size_t count = 0;
    for (const BeamGroup& group : groups_) count += group.open.size();
    return static_cast<Index>(count);
  }

  /// The words to be read next, one for each open caption.
  std::int32_t* write_last_words(std::int32_t* out) const {
    for (const BeamGroup& group : groups_) {
      for (const Hypothesis& hypothesis : group.open) *out++ = last_word(hypothesis.words);
    }
    return out;
  }

  /// Takes one step: `logits` has a row of scores of the next word for each open caption, from first_row on. Afterwards
  /// parents() says which row each caption that is open then came from.
  template <class T>
  void advance(Tensor<T, 2>& logits, Index first_row) {
    parents_.clear();
    std::vector<std::int32_t> chosen;  // by the groups before, at this step
    for (Index g = 0; g < rules_->groups; ++g) {
      BeamGroup& group = groups_[static_cast<std::size_t>(g)];
      const auto rows = static_cast<Index>(group.open.size());
      const auto next = best_words(group, rules_->group_width(g), chosen, logits, first_row);
      for (const RankedWord& each : next) chosen.push_back(each.word);
      go_on(group, next, logits, first_row);
      first_row += rows;
    }
  }

  const std::vector<Index>& parents() const { return parents_; }

  /// The captions that were found, the best first: of several groups the best of each before the second of any, as far
  /// as so many are wanted.
  std::vector<FoundCaption> take_best() {
    std::vector<FoundCaption> best;
    const auto is_new = [&](const FoundCaption& caption) {
      return std::ranges::find(best, caption.words, &FoundCaption::words) == best.end();
    };
    for (std::size_t place = 0; place < most_found(); ++place) {
      std::vector<FoundCaption> of_place;
      for (BeamGroup& group : groups_) {
        if (place < group.finished.size()) of_place.push_back(std::move(group.finished[place]));
      }
      sort_best_first(of_place);
      for (FoundCaption& caption : of_place) {
        if (static_cast<Index>(best.size()) < rules_->captions && is_new(caption)) best.push_back(std::move(caption));
      }
    }
    sort_best_first(best);
    return best;
  }

 private:
  /// By any group.
  std::size_t most_found() const {
    std::size_t most = 0;
    for (const BeamGroup& group : groups_) most = std::max(most, group.finished.size());
    return most;
  }

  void sort_best_first(std::vector<FoundCaption>& captions) const {
    pupil::detail::stable_sort(captions.begin(), captions.end(), [&](const FoundCaption& a, const FoundCaption& b) {
      return rules_->score(a) > rules_->score(b);
    });
  }

  /// The best ways to go on from all open captions of a group. Leaves log probabilities in the group's rows.
  template <class T>
  std::vector<RankedWord> best_words(const BeamGroup& group, Index width, std::span<const std::int32_t> chosen,
                                     Tensor<T, 2>& logits, Index first_row) const {
    BestWords best(width);
    for (std::size_t h = 0; h < group.open.size(); ++h) {
      const auto row = row_of(logits, first_row + static_cast<Index>(h));
      to_log_probabilities(row, "beam_search");
      rules_->next_words.forbid<T>(group.open[h].words, row);
      const Malus<T> malus(row, chosen, rules_->diversity);
      best.offer(static_cast<Index>(h), group.open[h].log_probability, row.data(), logits.columns());
    }
    return best.take();
  }

  /// Ends what ends, keeps the rest open.
  template <class T>
  void go_on(BeamGroup& group, const std::vector<RankedWord>& continuations, Tensor<T, 2>& log_probabilities,
             Index first_row) {
    std::vector<Hypothesis> open;
    std::vector<Index> parents;
    for (const RankedWord& next : continuations) {
      Hypothesis hypothesis = group.open[static_cast<std::size_t>(next.row)];
      hypothesis.log_probability += static_cast<double>(log_probabilities(first_row + next.row, next.word));
      const bool ended = next.word == Vocabulary::end;
      if (!ended) hypothesis.words.push_back(next.word);
      if (ended || static_cast<Index>(hypothesis.words.size()) == rules_->max_length) {
        group.finish({std::move(hypothesis.words), hypothesis.log_probability, ended}, *rules_);
      } else {
        open.push_back(std::move(hypothesis));
        parents.push_back(first_row + next.row);
      }
    }
    group.open = std::move(open);
    if (group.is_decided(*rules_)) return group.open.clear();
    parents_.insert(parents_.end(), parents.begin(), parents.end());
  }

  const BeamRules* rules_;
  std::vector<BeamGroup> groups_;
  std::vector<Index> parents_;
};

}  // namespace pupil::captioning::detail
