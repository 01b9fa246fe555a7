#pragma once
// A captioner that is small enough for central differences, and a batch with all that makes batches hard: blocks of
// unequal lengths, and images with several captions.

#include <string>
#include <vector>

#include <pupil/data/batches.hpp>
#include <pupil/models/captioner.hpp>

#include "../support/random_tensor.hpp"

namespace pupil::testing {

inline captioning::Vocabulary tiny_vocabulary() {
  return captioning::Vocabulary::from_words(
      {"<pad>", "<start>", "<end>", "<unknown>", "a", "red", "blue", "circle", "square"});
}

inline captioning::CaptionerOptions tiny_captioner_options(const std::string& encoder = "small",
                                                           Index image_size = 16) {
  return {.encoder = encoder,
          .encoder_width = 2,
          .image_size = image_size,
          .resize_to = image_size,
          .embedding_size = 5,
          .hidden_size = 6,
          .dropout = 0,
          .max_caption_length = 8};
}

/// Captions of three images: three of the first, two of the second, one of the third.
inline captioning::EncodedCaptions tiny_captions() {
  return {{{4, 5, 7, 4, 8}, {4, 6, 7, 3}, {8}}, {{4, 5, 8, 4, 6}, {5, 7}}, {{6, 7}}};
}

/// All of them in one batch, with the images in another order, in two blocks with padding in both.
inline captioning::Batch tiny_batch() {
  captioning::Batch batch;
  batch.fill(tiny_captions(), {.images = {1, 0, 2},
                               .captions = {{1, 0, 6}, {0, 0, 6}, {1, 1, 5}, {0, 1, 3}, {2, 0, 3}, {1, 2, 2}},
                               .block_ends = {3, 6}});
  return batch;
}

/// Pictures for that batch.
template <class T>
Tensor<T, 4> tiny_images(Index image_size, Rng& rng) {
  return random_tensor<T>(Shape{3, image_size, image_size, 3}, rng);
}

/// All parameters of a model, one after another.
template <class T, class Model>
std::vector<T> all_values(Model& model) {
  std::vector<T> values;
  for_each_parameter(model, [&](const Name&, auto& parameter) {
    values.insert(values.end(), parameter.value.begin(), parameter.value.end());
  });
  return values;
}

}  // namespace pupil::testing
