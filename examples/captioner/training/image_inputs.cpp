#include "image_inputs.hpp"

#include <algorithm>
#include <utility>

namespace captioner {

ImageInputs::ImageInputs(pupil::captioning::ImageCache images, const ImageInputOptions& options)
    : images_(std::move(images)), options_(options), others_{.names = {}, .skipped = images_.skipped()} {}

ImageInputs::ImageInputs(pupil::captioning::ImageCache images, const ImageInputOptions& options, ImagesElsewhere others)
    : images_(std::move(images)), options_(options), others_(std::move(others)) {}

std::optional<pupil::Index> ImageInputs::find(std::string_view image) const {
  const auto is_this = [&](const pupil::captioning::SkippedImage& skipped) { return skipped.name == image; };
  if (std::ranges::any_of(others_.skipped, is_this)) return std::nullopt;  // by any: all leave it out
  if (const auto row = images_.find(image)) return row;
  if (others_.names.contains(std::string(image))) return elsewhere;
  return std::nullopt;
}

EncoderInput ImageInputs::varied(std::span<const pupil::Index> rows, pupil::captioning::BatchRange part,
                                 pupil::Rng& rng) const {
  std::vector<pupil::captioning::ImageVariation> variations;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    variations.push_back(
        pupil::captioning::random_variation(images_.image_size(), options_.image_size, options_.variation, rng));
  }
  return load(part_of(rows, part), part_of(std::span<const pupil::captioning::ImageVariation>(variations), part));
}

EncoderInput ImageInputs::plain(std::span<const pupil::Index> rows) const {
  const pupil::captioning::ImageVariation centre{
      .view = pupil::captioning::center_view(images_.image_size(), options_.image_size)};
  return load(rows, std::vector(rows.size(), centre));
}

EncoderInput ImageInputs::load(std::span<const pupil::Index> rows,
                               std::span<const pupil::captioning::ImageVariation> variations) const {
  for (const pupil::Index row : rows) {
    pupil::require<pupil::IndexError>(row != elsewhere, "an image was asked for that another process has decoded");
  }
  const pupil::Index size = options_.image_size;
  auto images = pupil::Tensor<float, 4>::uninitialized({static_cast<pupil::Index>(rows.size()), size, size, 3});
  pupil::captioning::load_images(images_, rows, variations, options_.normalization, images);
  return images;
}

}  // namespace captioner
