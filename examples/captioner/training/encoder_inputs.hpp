#pragma once
// What training shows the encoder, and where it comes from: pixels, or what a pretrained network once made of them.

#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/data/image_cache.hpp>
#include <pupil/models/image_features.hpp>

namespace captioner {

/// Images [N, height, width, 3], or features of images.
using EncoderInput = std::variant<pupil::Tensor<float, 4>, pupil::ImageFeatures<float>>;

/// The images of a data set, a row each, in one of these forms.
class EncoderInputs {
 public:
  EncoderInputs() = default;
  EncoderInputs(const EncoderInputs&) = delete;
  EncoderInputs& operator=(const EncoderInputs&) = delete;
  virtual ~EncoderInputs() = default;

  /// The row of an image; nothing where it was skipped.
  virtual std::optional<pupil::Index> find(std::string_view image) const = 0;
  virtual const std::vector<pupil::SkippedImage>& skipped() const = 0;

  /// For a training step: varied by chance, as far as the form allows.
  virtual EncoderInput varied(std::span<const pupil::Index> rows, pupil::Rng& rng) const = 0;
  /// As captions are made.
  virtual EncoderInput plain(std::span<const pupil::Index> rows) const = 0;
};

}  // namespace captioner
