#pragma once
// Which captions an epoch shows, in which order, in which batches: a pure function of the captions, the options and the
// epoch's number, so that training can go on in the middle of an epoch.
//
// Every image's captions are shuffled and cut into groups of `captions_per_image`; a group is one visit to the image
// and shares one encoder pass. An epoch makes every visit once, in random order. Where a visit has one caption, visits
// are sorted by length within windows of many batches, so that a batch holds captions of like length, and then the
// batches are shuffled. In every batch the captions stand in order of length, cut into blocks that are padded apart:
//
//   padding of a block = 1 - sum of its lengths / (longest length * captions) < max_padding
//
// Lengths are steps of the decoder: n words take n + 1 steps, as the last one predicts the end.

#include <algorithm>
#include <cstdint>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/hash.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/stable_sort.hpp>

namespace pupil::captioning {

/// The captions of every image as token ids, without start and end: `captions[image][caption][word]`.
using EncodedCaptions = std::vector<std::vector<std::vector<std::int32_t>>>;

struct BatchOptions {
  Index batch_size = 32;          ///< images in a batch; one more where a last one would be alone
  Index captions_per_image = 5;   ///< captions that share one pass of their image through the encoder
  Index max_caption_length = 30;  ///< in words: longer captions are cut there
  double max_padding = 0.1;       ///< the padding of every block is less; in (0, 1]
  std::uint64_t seed = 0;
};

/// A caption's place in a batch.
struct PlannedCaption {
  Index image_row = 0;  ///< which of the batch's images it belongs to
  Index caption = 0;    ///< which of that image's captions it is
  Index steps = 0;      ///< words + 1, or fewer where it was cut
};

/// A batch, as indices into the captions that the plan was made from.
struct PlannedBatch {
  std::vector<Index> images;
  std::vector<PlannedCaption> captions;  ///< the longest first
  std::vector<Index> block_ends;         ///< block b holds captions [block_ends[b - 1], block_ends[b])
  /// Where images belong to shards (sharded_epoch_plan.hpp): those of shard s are [share_ends[s - 1], share_ends[s]).
  std::vector<Index> share_ends = {};
};

struct EpochPlan {
  std::vector<PlannedBatch> batches;
};

namespace detail {

/// One visit to an image, with the captions that it shows.
struct Visit {
  Index image = 0;
  std::vector<Index> captions;
};

inline void check(const BatchOptions& options) {
  require<OptionError>(options.batch_size >= 1, "batches: batch_size is ", options.batch_size, ", must be at least 1");
  require<OptionError>(options.captions_per_image >= 1, "batches: captions_per_image is ", options.captions_per_image,
                       ", must be at least 1");
  require<OptionError>(options.max_caption_length >= 1, "batches: max_caption_length is ", options.max_caption_length,
                       ", must be at least 1");
  require<OptionError>(options.max_padding > 0 && options.max_padding <= 1, "batches: max_padding is ",
                       options.max_padding, ", must lie in (0, 1]");
}

inline const std::vector<std::int32_t>& words_of(const EncodedCaptions& captions, Index image, Index caption) {
  return captions[static_cast<std::size_t>(image)][static_cast<std::size_t>(caption)];
}

/// Groups every image's captions into visits. A caption without words has nothing to teach and is left out.
inline std::vector<Visit> make_visits(const EncodedCaptions& captions, Index captions_per_image, Rng& rng) {
  std::vector<Visit> visits;
  std::vector<Index> order;
  for (std::size_t image = 0; image < captions.size(); ++image) {
    order.clear();
    for (std::size_t c = 0; c < captions[image].size(); ++c) {
      if (!captions[image][c].empty()) order.push_back(static_cast<Index>(c));
    }
    rng.shuffle(order);
    for (auto first = order.begin(); first != order.end();) {
      const auto last = first + std::min<Index>(captions_per_image, order.end() - first);
      visits.push_back({static_cast<Index>(image), std::vector<Index>(first, last)});
      first = last;
    }
  }
  return visits;
}

/// Sorts visits of one caption by its length within windows, which keeps an order that is random beyond them.
inline void sort_windows_by_length(const EncodedCaptions& captions, Index window, std::vector<Visit>& visits) {
  const auto length = [&](const Visit& visit) {
    return words_of(captions, visit.image, visit.captions.front()).size();
  };
  for (auto first = visits.begin(); first != visits.end();) {
    const auto last = first + std::min<Index>(window, visits.end() - first);
    pupil::detail::stable_sort(first, last, [&](const Visit& a, const Visit& b) { return length(a) > length(b); });
    first = last;
  }
}

/// Puts visits into a random order, but those of one caption near others of like length. A batch has `batch_size`.
inline void order_visits(const EncodedCaptions& captions, Index captions_per_image, Index batch_size,
                         std::vector<Visit>& visits, Rng& rng) {
  constexpr Index batches_in_window = 64;
  rng.shuffle(visits);
  if (captions_per_image == 1) sort_windows_by_length(captions, batches_in_window * batch_size, visits);
}

/// Cuts captions, the longest first, into blocks: each takes captions while its padding stays below the limit. More
/// padding comes with every shorter caption, so a block ends where the limit is first reached.
inline std::vector<Index> cut_into_blocks(const std::vector<PlannedCaption>& captions, double max_padding) {
  std::vector<Index> ends;
  Index first = 0;
  Index filled = 0;
  for (Index i = 0; i < static_cast<Index>(captions.size()); ++i) {
    const Index longest = captions[static_cast<std::size_t>(first)].steps;
    filled += captions[static_cast<std::size_t>(i)].steps;
    const Index cells = longest * (i + 1 - first);
    if (static_cast<double>(cells - filled) >= max_padding * static_cast<double>(cells)) {
      ends.push_back(i);
      first = i;
      filled = captions[static_cast<std::size_t>(i)].steps;
    }
  }
  ends.push_back(static_cast<Index>(captions.size()));
  return ends;
}

/// How many of `left` visits the next batch takes. None is left alone: a batch of one cannot be batch-normalized.
inline Index next_batch_size(Index left, Index batch_size) {
  return left == batch_size + 1 && batch_size > 1 ? left : std::min(left, batch_size);
}

template <class VisitIterator>
PlannedBatch plan_batch(const EncodedCaptions& captions, const BatchOptions& options, VisitIterator first,
                        VisitIterator last) {
  PlannedBatch batch;
  for (VisitIterator visit = first; visit != last; ++visit) {
    batch.images.push_back(visit->image);
    for (const Index caption : visit->captions) {
      const auto words = static_cast<Index>(words_of(captions, visit->image, caption).size());
      batch.captions.push_back({visit - first, caption, std::min(words, options.max_caption_length) + 1});
    }
  }
  pupil::detail::stable_sort(batch.captions.begin(), batch.captions.end(),
                             [](const PlannedCaption& a, const PlannedCaption& b) { return a.steps > b.steps; });
  batch.block_ends = cut_into_blocks(batch.captions, options.max_padding);
  return batch;
}

}  // namespace detail

/// Plans an epoch, which shows every caption that has words once. Throws OptionError where an option is outside its
/// range, or where no caption has words.
inline EpochPlan plan_epoch(const EncodedCaptions& captions, const BatchOptions& options, std::uint64_t epoch) {
  detail::check(options);
  Rng rng(options.seed, hash_number(epoch, hash_bytes("epoch plan")));
  std::vector<detail::Visit> visits = detail::make_visits(captions, options.captions_per_image, rng);
  require<OptionError>(!visits.empty(), "batches: none of the ", captions.size(), " images has a caption with words");
  detail::order_visits(captions, options.captions_per_image, options.batch_size, visits, rng);
  EpochPlan plan;
  for (auto first = visits.begin(); first != visits.end();) {
    const auto last = first + detail::next_batch_size(visits.end() - first, options.batch_size);
    plan.batches.push_back(detail::plan_batch(captions, options, first, last));
    first = last;
  }
  rng.shuffle(plan.batches);
  return plan;
}

}  // namespace pupil::captioning
