#pragma once
// Training on what a pretrained network once made of the images: the encoder's network stays as it is, and is not even
// run.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/data/feature_cache.hpp>

#include "encoder_inputs.hpp"
#include "training_settings.hpp"

namespace captioner {

class FeatureInputs final : public EncoderInputs {
 public:
  /// `mirror`: half of the varied images are mirrored, where the cache has flips.
  FeatureInputs(const std::filesystem::path& file, bool mirror);

  const pupil::captioning::FeatureCache& cache() const { return cache_; }

  std::optional<pupil::Index> find(std::string_view image) const override { return cache_.find(image); }
  const std::vector<pupil::captioning::SkippedImage>& skipped() const override { return cache_.skipped(); }
  EncoderInput varied(std::span<const pupil::Index> rows, pupil::captioning::BatchRange part,
                      pupil::Rng& rng) const override;
  EncoderInput plain(std::span<const pupil::Index> rows) const override;

 private:
  EncoderInput read(std::span<const pupil::captioning::FeatureView> views) const;

  pupil::captioning::FeatureCache cache_;
  bool mirror_;
};

/// The settings' cache of features. Throws FileError where it is not of their encoder, weights and image size, or has
/// nothing of one of these images.
std::unique_ptr<const EncoderInputs> open_features(const TrainingSettings& settings,
                                                   const std::vector<std::string>& names);

}  // namespace captioner
