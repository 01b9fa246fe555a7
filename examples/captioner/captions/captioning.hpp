#pragma once
// From image files to captions, in batches; and from captions to scores.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <pupil/data/captioned_images.hpp>
#include <pupil/text/tokenizer.hpp>

#include "caption_maker.hpp"
#include "file_state.hpp"

namespace captioner {

/// A caption as it is shown, and how probable the captioner finds it.
struct SaidCaption {
  std::string text;      ///< as metrics read it: words in lower case
  std::string sentence;  ///< as people write it (sentence.hpp)
  double log_probability = 0;
};

/// A caption that was found, in both forms.
SaidCaption said(const CaptionMaker& maker, const pupil::captioning::FoundCaption& found);

/// What became of one image file: its captions, the best first or as they were drawn, or why it has none.
struct CaptionResult {
  std::string path;
  std::optional<std::string> caption;  ///< the first of them
  std::string error;
  std::vector<SaidCaption> captions = {};
  std::optional<double> confidence = {};  ///< that the first is acceptable, where the captioner was calibrated
};

/// An image whose captions are wanted.
struct ImageRequest {
  std::string path;
  std::optional<FileState> state = {};        ///< before the file is read, where that is of use
  std::optional<CaptionResult> earlier = {};  ///< what an earlier run said
  bool is_done = false;                       ///< by that run: the file is not read again
};

/// An image and what became of it.
struct CaptionedImage {
  ImageRequest request;
  CaptionResult result;
};

/// Captions the images that `next()` gives until it gives none, calling `use(images)` for those of a batch, in order,
/// as soon as it is done. The next batch is asked for and read, by another thread, while one is captioned; no more are
/// kept than these two. What is drawn of an image depends on its place among all; the first has the place `first`.
void caption_images(const CaptionMaker& maker, const std::function<std::optional<ImageRequest>()>& next,
                    const std::function<void(std::span<const CaptionedImage>)>& use, std::size_t first = 0);

/// Captions the files in order, calling `use(result)` for each as soon as its batch is done.
void caption_files(const CaptionMaker& maker, const std::vector<std::string>& paths,
                   const std::function<void(const CaptionResult&)>& use);

/// The files of a split's images, in their order.
std::vector<std::string> image_paths(const pupil::captioning::CaptionedImages& data, pupil::captioning::Split split);

/// All captions of a sample, as words.
std::vector<pupil::captioning::Sentence> reference_words(const pupil::captioning::Sample& sample);

/// All captions of the train split, as words; none where it is empty, as in a folder of test images alone.
std::optional<std::vector<pupil::captioning::Sentence>> training_captions(
    const pupil::captioning::CaptionedImages& data);

}  // namespace captioner
