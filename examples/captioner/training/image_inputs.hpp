#pragma once
// Training from pixels: windows of decoded images, varied by chance.

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <pupil/data/image_variation.hpp>

#include "encoder_inputs.hpp"

namespace captioner {

struct ImageInputOptions {
  pupil::Index image_size = 224;  ///< pixels a side of the windows
  pupil::Normalization normalization = pupil::imagenet_normalization;
  pupil::captioning::ImageVariationOptions variation = {};  ///< of training's images
};

/// The images of other processes, where each decodes but some.
struct ImagesElsewhere {
  std::unordered_set<std::string> names;                 ///< that can be read
  std::vector<pupil::captioning::SkippedImage> skipped;  ///< by all, this one included
};

class ImageInputs final : public EncoderInputs {
 public:
  ImageInputs(pupil::captioning::ImageCache images, const ImageInputOptions& options);
  ImageInputs(pupil::captioning::ImageCache images, const ImageInputOptions& options, ImagesElsewhere others);

  std::optional<pupil::Index> find(std::string_view image) const override;
  const std::vector<pupil::captioning::SkippedImage>& skipped() const override { return others_.skipped; }
  EncoderInput varied(std::span<const pupil::Index> rows, pupil::captioning::BatchRange part,
                      pupil::Rng& rng) const override;
  EncoderInput plain(std::span<const pupil::Index> rows) const override;

 private:
  EncoderInput load(std::span<const pupil::Index> rows,
                    std::span<const pupil::captioning::ImageVariation> variations) const;

  pupil::captioning::ImageCache images_;
  ImageInputOptions options_;
  ImagesElsewhere others_;
};

}  // namespace captioner
