#include "word_attention.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include <pupil/io/image_view.hpp>

#include "photograph.hpp"

namespace captioner::report {

namespace {

/// The image as each network of the captioner wants it.
std::vector<pupil::Tensor<float, 4>> prepared(const CaptionMaker& maker, const pupil::captioning::Image& image) {
  std::vector<pupil::Tensor<float, 4>> images;
  for (const auto& [resize_to, image_size, normalization, mirrored] : maker.formats()) {
    images.push_back(pupil::captioning::single_image(image, resize_to, image_size, normalization, mirrored));
  }
  return images;
}

}  // namespace

WordAttention attention_of(const CaptionMaker& maker, const pupil::captioning::Image& image,
                           const std::vector<std::string>& words) {
  const ImageFormat& format = maker.formats().front();
  WordAttention seen{"", {}, static_cast<double>(format.image_size) / static_cast<double>(format.resize_to)};
  const auto ids = maker.vocabulary().encode(words);
  const pupil::Tensor<float, 2> weights = maker.attention(prepared(maker, image), ids);
  std::vector<std::byte> bytes;
  for (Index word = 0; weights.size() > 0 && word < weights.rows(); ++word) {
    const std::span<const float> row(weights.row(word), static_cast<std::size_t>(weights.columns()));
    const float most = std::max(*std::ranges::max_element(row), 1e-12f);
    double share = 0;
    for (const float weight : row) {
      share += static_cast<double>(weight);
      bytes.push_back(static_cast<std::byte>(std::lround(255.0f * weight / most)));
    }
    seen.shares.push_back(std::min(share, 1.0));
  }
  seen.bytes = base64(bytes);
  return seen;
}

}  // namespace captioner::report
