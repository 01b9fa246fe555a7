#pragma once
// What training shows the encoder, and where it comes from: pixels, or what a pretrained network once made of them.

#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/data/batch_share.hpp>
#include <pupil/data/image_cache.hpp>
#include <pupil/models/image_features.hpp>

namespace captioner {

/// Images [N, height, width, 3], or features of images.
using EncoderInput = std::variant<pupil::Tensor<float, 4>, pupil::ImageFeatures<float>>;

/// The elements of a batch that are of this part.
template <class Element>
std::span<const Element> part_of(std::span<const Element> elements, pupil::captioning::BatchRange part) {
  return elements.subspan(static_cast<std::size_t>(part.begin), static_cast<std::size_t>(part.size()));
}

/// The images of a data set, a row each, in one of these forms.
class EncoderInputs {
 public:
  EncoderInputs() = default;
  EncoderInputs(const EncoderInputs&) = delete;
  EncoderInputs& operator=(const EncoderInputs&) = delete;
  virtual ~EncoderInputs() = default;

  /// The row of an image that another process reads: it is asked for here by its place alone.
  static constexpr pupil::Index elsewhere = -1;

  /// The row of an image; nothing where it was skipped.
  virtual std::optional<pupil::Index> find(std::string_view image) const = 0;
  /// Those of all processes, where they share the images out.
  virtual const std::vector<pupil::captioning::SkippedImage>& skipped() const = 0;

  /// For a training step: the `part` of these rows, varied by chance as far as the form allows. Each row has its
  /// chance by its place among all of them, whatever the part.
  virtual EncoderInput varied(std::span<const pupil::Index> rows, pupil::captioning::BatchRange part,
                              pupil::Rng& rng) const = 0;
  /// As captions are made.
  virtual EncoderInput plain(std::span<const pupil::Index> rows) const = 0;
};

}  // namespace captioner
