#pragma once
// Captioner: an image encoder, a decoder, and all that is needed to use them: what the images must look like and the
// words. One file holds it whole.

#include <string>
#include <utility>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/io/normalization.hpp>
#include <pupil/models/beam_search.hpp>
#include <pupil/models/decoder.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/models/image_network.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

struct CaptionerOptions {
  std::string encoder = "resnet18";  ///< one of image_architectures
  Index encoder_width = 0;           ///< channels of the encoder's first convolution; 0: the network's own
  bool same_padding = false;         ///< of the encoder: TensorFlow's padding, in place of PyTorch's
  bool frozen_statistics = false;  ///< of the encoder's network, in training; no property of the model, nor in its file
  Index image_size = 224;          ///< what the encoder sees
  Index resize_to = 256;           ///< what images are squashed to before their centre is cut out; at least image_size
  Normalization normalization = imagenet_normalization;
  std::string decoder = "show_and_tell";  ///< one of decoder_names
  Index embedding_size = 512;
  Index hidden_size = 512;
  Index attention_size = 512;  ///< of decoders that look at a grid, as are the next three
  bool gated = true;           ///< see AttentionDecoderOptions
  bool projected = false;      ///< see WordOutputOptions
  bool tied = false;           ///< see WordOutputOptions
  double dropout = 0.5;
  Index max_caption_length = 30;  ///< in words
  double word_loss = 0;           ///< of the decoder, in training; no property of the model, nor in its file
  double doubly_stochastic = 0;   ///< as word_loss: see AttentionDecoderOptions
};

template <class T>
class Captioner {
 public:
  Captioner(CaptionerOptions options, Vocabulary vocabulary, Rng& rng)
      : options_(check(std::move(options))),
        vocabulary_(check(std::move(vocabulary))),
        encoder_({.architecture = options_.encoder,
                  .image_size = options_.image_size,
                  .width = options_.encoder_width,
                  .same_padding = options_.same_padding,
                  .frozen_statistics = options_.frozen_statistics},
                 rng),
        decoder_({.kind = options_.decoder,
                  .vocabulary_size = vocabulary_.size(),
                  .pooled_size = encoder_.pooled_size(),
                  .grid_channels = encoder_.grid_channels(),
                  .embedding_size = options_.embedding_size,
                  .hidden_size = options_.hidden_size,
                  .attention_size = options_.attention_size,
                  .dropout = options_.dropout,
                  .max_caption_length = options_.max_caption_length,
                  .word_loss = options_.word_loss,
                  .gated = options_.gated,
                  .doubly_stochastic = options_.doubly_stochastic,
                  .projected = options_.projected,
                  .tied = options_.tied},
                 rng) {}

  /// Captions for images [N, image_size, image_size, 3], normalised as options().normalization says. They have at most
  /// options().max_caption_length words, unless another length is asked for.
  std::vector<Sentence> caption(const Tensor<T, 4>& images, BeamSearchOptions search = {}) const {
    const Shape<4> expected{images.dim(0), options_.image_size, options_.image_size, 3};
    require<ShapeError>(images.shape() == expected, "captioner: images are ", images.shape(), ", it was made for ",
                        expected);
    return caption(encoder_.features(images, decoder_.reads()), search);
  }

  /// The same, from what the encoder made of the images: of the kinds that decoder().reads().
  std::vector<Sentence> caption(const ImageFeatures<T>& features, BeamSearchOptions search = {}) const {
    std::vector<Sentence> captions;
    for (const FoundCaption& found : beam_search(decoder_, features, search)) {
      captions.push_back(vocabulary_.decode(found.words));
    }
    return captions;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    encoder_.visit(visitor, name / "encoder");
    decoder_.visit(visitor, name / "decoder");
  }

  const CaptionerOptions& options() const { return options_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  ImageNetwork<T>& encoder() { return encoder_; }
  const ImageNetwork<T>& encoder() const { return encoder_; }
  Decoder<T>& decoder() { return decoder_; }
  const Decoder<T>& decoder() const { return decoder_; }

 private:
  static CaptionerOptions check(CaptionerOptions options) {
    require<OptionError>(options.image_size >= 1, "captioner: image_size is ", options.image_size);
    require<OptionError>(options.resize_to >= options.image_size, "captioner: resize_to is ", options.resize_to,
                         ", less than image_size, ", options.image_size);
    require<OptionError>(options.max_caption_length >= 1, "captioner: max_caption_length is ",
                         options.max_caption_length);
    return options;
  }

  static Vocabulary check(Vocabulary vocabulary) {
    require<OptionError>(vocabulary.has_words(), "captioner: the vocabulary has no word besides the special ones");
    return vocabulary;
  }

  CaptionerOptions options_;
  Vocabulary vocabulary_;
  ImageNetwork<T> encoder_;
  Decoder<T> decoder_;
};

}  // namespace pupil::captioning
