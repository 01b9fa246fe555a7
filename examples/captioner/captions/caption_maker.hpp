#pragma once
// Captions of images by one captioner, or by several that speak as one.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/models/found_caption.hpp>

#include "../common/image_format.hpp"
#include "caption_settings.hpp"
#include "run_info.hpp"

namespace captioner {

/// What captioners say of an image.
struct ImageDescription {
  std::vector<pupil::captioning::FoundCaption> captions;  ///< the best first, or as they were drawn
  std::optional<double> confidence = {};  ///< that the first is acceptable, where why_no_confidence() is nothing
};

/// Whether a captioner is prepared (pupil::prepare) when it is loaded: faster, and at --precision medium in bf16
/// throughout, so that its scores are no longer those that training measured.
enum class WeightsAre { as_trained, prepared };

/// The captioners of one or several runs, which speak as one, each with images as it wants them. Threads may share it.
class CaptionMaker {
 public:
  /// The captioners of these runs, or the one in the box where there is none. Throws as load_models and
  /// caption_settings do.
  CaptionMaker(const std::vector<std::string>& runs, const SearchOptions& options, WeightsAre weights);
  ~CaptionMaker();

  /// What the files of the captioners say.
  const std::vector<RunInfo>& runs() const { return runs_; }

  /// How images are wanted, each way once.
  const std::vector<ImageFormat>& formats() const { return formats_; }

  const CaptionSettings& settings() const;

  /// Why its captions have no confidence; nothing where they have one. It was learned from what beam search finds for
  /// one captioner that is free to say anything; by another beam or length penalty than tune chose, it is approximate.
  const std::optional<std::string>& why_no_confidence() const { return why_no_confidence_; }

  const pupil::captioning::Vocabulary& vocabulary() const;

  /// What is said of each image. `images` are in the order of `formats()`; the first one has this number among all that
  /// are captioned.
  std::vector<ImageDescription> describe(const std::vector<pupil::Tensor<float, 4>>& images, Index first_image) const;

  /// Where the first captioner looked in one image, in the order of `formats()`, when it said each of these words:
  /// [words, positions], as pupil::captioning::word_attention gives it.
  pupil::Tensor<float, 2> attention(const std::vector<pupil::Tensor<float, 4>>& image,
                                    std::span<const std::int32_t> words) const;

  /// What is said of one image, and where the first captioner looked when it said the first caption: what `describe`
  /// and `attention` give, at one look at the image.
  std::pair<ImageDescription, pupil::Tensor<float, 2>> describe_with_attention(
      const std::vector<pupil::Tensor<float, 4>>& image) const;

 private:
  /// As the public one. `attention` becomes that of the first caption of the first image, unless it is null.
  std::vector<ImageDescription> describe(const std::vector<pupil::Tensor<float, 4>>& images, Index first_image,
                                         pupil::Tensor<float, 2>* attention) const;

  struct Captioners;  // so that who makes captions need not read every layer

  std::vector<RunInfo> runs_;
  std::vector<ImageFormat> formats_;
  std::optional<std::string> why_no_confidence_;
  std::unique_ptr<const Captioners> captioners_;
};

}  // namespace captioner
