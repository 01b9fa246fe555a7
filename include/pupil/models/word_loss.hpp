#pragma once
// The word loss: how surprised an image's features alone are by the words of its captions, whatever their order.
//
//   p(w | image) = softmax(f E^T)_w        L = (1 / D) sum over all targets of -ln p(target | its image)
//
// f are the features and E the embeddings of the words: in Show and Tell the image is read as a word is, so it lives
// among them, and there is nothing else to train. D is the number of targets, unless a
// divisor is given.
//
// A decoder can lower its own loss for a long time by learning to speak without looking, and an encoder that begins
// from nothing then hears little of what is in the pictures. This loss tells it directly.

#include <optional>
#include <span>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/softmax.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/text/caption_block.hpp>

namespace pupil::captioning {

/// How often every word is a target of each of `images` images: [images, vocabulary_size].
template <class T>
Tensor<T, 2> count_target_words(std::span<const CaptionBlock> blocks, Index images, Index vocabulary_size) {
  Tensor<T, 2> counts({images, vocabulary_size});
  for (const CaptionBlock& block : blocks) {
    for (Index c = 0; c < block.targets.dim(1); ++c) {
      const auto caption = static_cast<std::size_t>(c);
      for (Index t = 0; t < block.lengths[caption]; ++t) counts(block.image_rows[caption], block.targets(t, c)) += 1;
    }
  }
  return counts;
}

/// What the word loss came to, and its gradient with respect to the words' scores f E^T, of which
/// `Embedding::backward_scores` makes those of features and embeddings.
template <class T>
struct WordLoss {
  double value = 0;
  Tensor<T, 2> d_scores;  ///< [images, vocabulary_size]
};

/// `weight` times the word loss of features [images, embedding_dim]; divided by `divisor`, where there is one, in place
/// of the number of targets. Summed in double, image by image.
template <class T>
WordLoss<T> word_loss(const Embedding<T>& embeddings, const Tensor<T, 2>& features,
                      std::span<const CaptionBlock> blocks, double weight, std::optional<double> divisor = {}) {
  WordLoss<T> result{0, embeddings.scores(features)};
  Tensor<T, 2>& scores = result.d_scores;
  const auto counts = count_target_words<T>(blocks, scores.rows(), scores.columns());
  const double scale = weight / divisor.value_or(static_cast<double>(count_targets(blocks)));
  auto losses = Tensor<T, 1>::uninitialized({scores.rows()});
  parallel_for(scores.rows(), scores.columns(), [&](Index r) {
    losses[r] =
        kernels::counted_cross_entropy_row(scores.row(r), counts.row(r), scores.columns(), static_cast<T>(scale));
  });
  for (const T loss : losses) result.value += scale * static_cast<double>(loss);
  return result;
}

}  // namespace pupil::captioning
