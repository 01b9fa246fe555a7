#pragma once
// Captions of images by one captioner, or by several that speak as one.

#include <span>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/models/found_caption.hpp>

#include "caption_settings.hpp"
#include "image_batches.hpp"
#include "run_models.hpp"

namespace captioner {

/// Uses captioners that must live longer, each with images as it wants them.
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
  std::vector<std::vector<pupil::FoundCaption>> caption(const std::vector<pupil::Tensor<float, 4>>& images,
                                                        Index first_image) const;

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
