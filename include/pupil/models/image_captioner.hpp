#pragma once
// ImageCaptioner: a trained captioner as a program wants it that captions images and does nothing else.

#include <algorithm>
#include <filesystem>

#include <pupil/core/tensor.hpp>
#include <pupil/io/image.hpp>
#include <pupil/io/image_view.hpp>
#include <pupil/models/beam_search.hpp>
#include <pupil/models/caption_constraints.hpp>
#include <pupil/models/captioner.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/models/decoding_settings.hpp>
#include <pupil/nn/prepare.hpp>
#include <pupil/text/tokenizer.hpp>

namespace pupil::captioning {

/// A captioner from its file, prepared for the precision in use now. Threads may share it.
template <class T = float>
class ImageCaptioner {
 public:
  /// Throws FileError, naming what is wrong, where the file holds no captioner.
  explicit ImageCaptioner(const std::filesystem::path& path) : ImageCaptioner(SafetensorsFile(path)) {}
  explicit ImageCaptioner(const SafetensorsFile& file)
      : captioner_(prepare(read_captioner<T>(file))),
        search_(search_with(read_decoding_settings(file).value_or(DecodingSettings()), captioner_->vocabulary())) {}

  /// The words of the best caption, as search() finds it.
  Sentence caption(const Image& image) const { return caption(image, search_); }

  /// The words of the best caption, found in another way. Throws what beam_search throws.
  Sentence caption(const Image& image, const BeamSearchOptions& search) const {
    return captioner_->caption(prepared(image), search).front();
  }

  /// An image of any size as the captioner's encoder wants it: [1, image_size, image_size, 3].
  Tensor<T, 4> prepared(const Image& image) const {
    const CaptionerOptions& wanted = captioner_->options();
    const auto pixels = single_image(image, wanted.resize_to, wanted.image_size, wanted.normalization);
    auto images = Tensor<T, 4>::uninitialized(pixels.shape());
    std::copy(pixels.begin(), pixels.end(), images.begin());
    return images;
  }

  /// The beam search that was chosen for this captioner and kept in its file; greedy search where none was.
  const BeamSearchOptions& search() const { return search_; }
  const Captioner<T>& captioner() const { return *captioner_; }

 private:
  static BeamSearchOptions search_with(const DecodingSettings& settings, const Vocabulary& vocabulary) {
    return {.width = settings.beam,
            .length_penalty = settings.length_penalty,
            .constraints = {.no_repetition = settings.no_repetition, .conjunctions = conjunctions(vocabulary)}};
  }

  Prepared<Captioner<T>> captioner_;
  BeamSearchOptions search_;
};

}  // namespace pupil::captioning
