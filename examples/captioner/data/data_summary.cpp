#include "data_summary.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include <pupil/text/tokenizer.hpp>
#include <pupil/text/vocabulary.hpp>

namespace captioner {

namespace {

using pupil::Index;

constexpr std::array<Index, 5> min_counts{1, 2, 3, 5, 10};

/// The captions of a split as words, and the numbers that are spread.
struct CountedSplit {
  std::vector<Index> captions_an_image;
  std::vector<Index> words_a_caption;
  pupil::captioning::WordCounts words;
};

Spread spread_of(std::vector<Index> numbers) {
  if (numbers.empty()) return {};
  std::ranges::sort(numbers);
  const auto at = [&](std::size_t percent) { return numbers[(numbers.size() - 1) * percent / 100]; };
  const double sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  return {.mean = sum / static_cast<double>(numbers.size()),
          .least = numbers.front(),
          .median = at(50),
          .near_most = at(95),
          .most = numbers.back()};
}

void add_to(CountedSplit& all, const CountedSplit& split) {
  const auto append = [](std::vector<Index>& to, const std::vector<Index>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(all.captions_an_image, split.captions_an_image);
  append(all.words_a_caption, split.words_a_caption);
  for (const auto& [word, count] : split.words) all.words[word] += count;
}

CountedSplit count_split(const std::vector<pupil::captioning::Sample>& samples, DoubleCaptions& doubles) {
  CountedSplit split;
  for (const pupil::captioning::Sample& sample : samples) {
    split.captions_an_image.push_back(static_cast<Index>(sample.captions.size()));
    std::set<pupil::captioning::Sentence> said;
    for (const std::string& caption : sample.captions) {
      pupil::captioning::Sentence words = pupil::captioning::tokenize(caption);
      split.words_a_caption.push_back(static_cast<Index>(words.size()));
      pupil::captioning::count_words(words, split.words);
      said.insert(std::move(words));
    }
    if (said.size() == sample.captions.size()) continue;
    doubles.count += static_cast<Index>(sample.captions.size() - said.size());
    doubles.images.add(sample.image);
  }
  return split;
}

SplitSummary summary_of(std::string name, const CountedSplit& split) {
  return {.name = std::move(name),
          .images = static_cast<Index>(split.captions_an_image.size()),
          .captions = static_cast<Index>(split.words_a_caption.size()),
          .captions_an_image = spread_of(split.captions_an_image),
          .words_a_caption = spread_of(split.words_a_caption)};
}

std::optional<double> share_known(const pupil::captioning::Vocabulary& vocabulary,
                                  const pupil::captioning::WordCounts& words) {
  Index known = 0, all = 0;
  for (const auto& [word, count] : words) {
    all += count;
    if (vocabulary.id(word) != pupil::captioning::Vocabulary::unknown) known += count;
  }
  if (all == 0) return std::nullopt;
  return static_cast<double>(known) / static_cast<double>(all);
}

}  // namespace

DataSummary summarize(const pupil::captioning::CaptionedImages& data) {
  DataSummary summary;
  std::array<CountedSplit, 3> counted;
  CountedSplit all;
  for (std::size_t i = 0; i < counted.size(); ++i) {
    const pupil::captioning::Split split = pupil::captioning::all_splits[i];
    counted[i] = count_split(data[split], summary.doubles);
    summary.splits.push_back(summary_of(std::string(pupil::captioning::split_name(split)), counted[i]));
    add_to(all, counted[i]);
  }
  summary.splits.push_back(summary_of("all", all));

  const bool has_train = !counted[0].words.empty();
  summary.words_from = has_train ? "train" : "all";
  const pupil::captioning::WordCounts& words = has_train ? counted[0].words : all.words;
  summary.distinct_words = static_cast<Index>(words.size());
  for (const Index min_count : min_counts) {
    const auto vocabulary = pupil::captioning::Vocabulary::from_counts(words, min_count);
    CoverageRow row{
        .min_count = min_count,
        .words = vocabulary.size() - static_cast<Index>(pupil::captioning::Vocabulary::special_words.size()),
        .known = {}};
    for (std::size_t i = 0; i < counted.size(); ++i) row.known[i] = share_known(vocabulary, counted[i].words);
    summary.coverage.push_back(row);
  }
  return summary;
}

}  // namespace captioner
