#include "image_inputs.hpp"

#include <utility>

namespace captioner {

ImageInputs::ImageInputs(pupil::ImageCache images, const ImageInputOptions& options)
    : images_(std::move(images)), options_(options) {}

EncoderInput ImageInputs::varied(std::span<const pupil::Index> rows, pupil::Rng& rng) const {
  std::vector<pupil::View> views;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    views.push_back(pupil::random_view(images_.image_size(), options_.image_size, options_.mirror, rng));
  }
  return load(rows, views);
}

EncoderInput ImageInputs::plain(std::span<const pupil::Index> rows) const {
  const pupil::View centre = pupil::center_view(images_.image_size(), options_.image_size);
  return load(rows, std::vector(rows.size(), centre));
}

EncoderInput ImageInputs::load(std::span<const pupil::Index> rows, std::span<const pupil::View> views) const {
  const pupil::Index size = options_.image_size;
  auto images = pupil::Tensor<float, 4>::uninitialized({static_cast<pupil::Index>(rows.size()), size, size, 3});
  pupil::load_images(images_, rows, views, options_.normalization, images);
  return images;
}

}  // namespace captioner
