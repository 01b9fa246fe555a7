#pragma once
// From image files to captions, in batches; and from captions to scores.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pupil/data/captioned_images.hpp>
#include <pupil/text/tokenizer.hpp>

#include "caption_maker.hpp"

namespace captioner {

/// A caption as it is shown, and how probable the captioner finds it.
struct SaidCaption {
  std::string text;      ///< as metrics read it: words in lower case
  std::string sentence;  ///< as people write it (sentence.hpp)
  double log_probability = 0;
};

/// What became of one image file: its captions, the best first or as they were drawn, or why it has none.
struct CaptionResult {
  std::string path;
  std::optional<std::string> caption;  ///< the first of them
  std::string error;
  std::vector<SaidCaption> captions = {};
  std::optional<double> confidence = {};  ///< that the first is acceptable, where the captioner was calibrated
};

/// Captions the files in order, calling `use(result)` for each as soon as its batch is done.
void caption_files(const CaptionMaker& maker, const std::vector<std::string>& paths,
                   const std::function<void(const CaptionResult&)>& use);

/// All captions of a sample, as words.
std::vector<pupil::Sentence> reference_words(const pupil::Sample& sample);

}  // namespace captioner
