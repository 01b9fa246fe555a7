#pragma once
// Captions of images by one captioner, or by several that speak as one.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/models/found_caption.hpp>

#include "../common/image_batches.hpp"
#include "caption_settings.hpp"
#include "run_models.hpp"

namespace captioner {

/// What captioners say of an image.
struct ImageDescription {
  std::vector<pupil::FoundCaption> captions;  ///< the best first, or as they were drawn
  std::optional<double> confidence = {};      ///< that the first is acceptable, where the captioner was calibrated
};

/// Uses captioners that must live longer, each with images as it wants them. Threads may share one.
class CaptionMaker {
 public:
  /// Throws as caption_settings does.
  CaptionMaker(std::span<const RunModel> models, const SearchOptions& options);

  /// How images are wanted, each way once.
  const std::vector<ImageFormat>& formats() const { return formats_; }

  const CaptionSettings& settings() const { return settings_; }
  const pupil::Vocabulary& vocabulary() const { return models_.front().model.vocabulary(); }

  /// One caption or several of each image. `images` are in the order of `formats()`; the first one has this number
  /// among all that are captioned.
  std::vector<ImageDescription> describe(const std::vector<pupil::Tensor<float, 4>>& images, Index first_image) const;

  /// Where the first captioner looked in one image, in the order of `formats()`, when it said each of these words:
  /// [words, positions], as pupil::word_attention gives it.
  pupil::Tensor<float, 2> attention(const std::vector<pupil::Tensor<float, 4>>& image,
                                    std::span<const std::int32_t> words) const;

 private:
  /// A captioner that looks at images of a format.
  struct Member {
    const Model* model;
    std::size_t format;
  };

  void add_member(const Model& model, bool mirrored);

  std::span<const RunModel> models_;
  std::vector<ImageFormat> formats_;
  std::vector<Member> members_;
  CaptionSettings settings_;
};

}  // namespace captioner
