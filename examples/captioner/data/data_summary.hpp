#pragma once
// What the captions of a data set are like, in numbers.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/data/captioned_images.hpp>

namespace captioner {

/// Of some whole numbers.
struct Spread {
  double mean = 0;
  pupil::Index least = 0;
  pupil::Index median = 0;
  pupil::Index near_most = 0;  ///< 95 % of them are no greater
  pupil::Index most = 0;
};

/// One split, or all of them.
struct SplitSummary {
  std::string name;
  pupil::Index images = 0;
  pupil::Index captions = 0;
  Spread captions_an_image;
  Spread words_a_caption;
};

/// The words that are known where those seen less often than `min_count` are left out.
struct CoverageRow {
  pupil::Index min_count = 1;
  pupil::Index words = 0;
  std::array<std::optional<double>, 3>
      known;  ///< the share of the words of each split's captions; none of an empty one
};

/// A caption that stands more than once with one image.
struct DoubleCaptions {
  pupil::Index count = 0;  ///< captions that say what one before them says, word by word
  pupil::captioning::LeftOut images;
};

struct DataSummary {
  std::vector<SplitSummary> splits;  ///< train, dev, test, all
  std::string words_from;            ///< the split that words are counted in: train, or all where that is empty
  pupil::Index distinct_words = 0;
  std::vector<CoverageRow> coverage;
  DoubleCaptions doubles;
};

DataSummary summarize(const pupil::captioning::CaptionedImages& data);

}  // namespace captioner
