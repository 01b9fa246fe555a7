#pragma once
// Decoder: one of the ways to turn an image's features into words, chosen by name at run time.
//
// What a decoder is, here and for all that uses one (beam search, training, ...):
//
//   start(features) -> State                      a row an image, before any word
//   step(words, State&) -> logits                 reads a word a row, says how probable the next ones are
//   forward(features, blocks, context) -> logits  teacher forcing: of all targets at once
//   backward(d_logits, context) -> d_features     adds to the gradients of the parameters
//
// A State has rows(), select(rows), which keeps some of them, and attention(): the weights over the grid that the last
// step gave, [rows, positions], or nothing. A Context says in `regularization` what the decoder adds to the loss, by
// whose `divisor` that is divided as well.
//
// A new one is a header of its own, a line in `decoder_names` and in Decoder::Choices and Decoder::make.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/models/adaptive_decoder.hpp>
#include <pupil/models/attention_decoder.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/models/show_and_tell.hpp>
#include <pupil/models/top_down_decoder.hpp>
#include <pupil/nn/chosen_context.hpp>
#include <pupil/text/caption_block.hpp>

namespace pupil::captioning {

struct DecoderOptions {
  std::string kind = "show_and_tell";  ///< one of decoder_names
  Index vocabulary_size = 0;
  Index pooled_size = 0;  ///< of the image's features as a whole
  Index grid_channels = 0;
  Index embedding_size = 512;
  Index hidden_size = 512;
  Index attention_size = 512;  ///< of those that look at a grid
  double dropout = 0.5;
  Index max_caption_length = 30;  ///< in words
  double word_loss = 0;           ///< see ShowAndTellOptions
  bool gated = true;              ///< see AttentionDecoderOptions
  double doubly_stochastic = 0;   ///< see AttentionDecoderOptions
  bool projected = false;         ///< of decoders that look at a grid: see WordOutputOptions
  bool tied = false;              ///< as projected
};

/// What DecoderOptions::kind may be.
inline constexpr std::array<std::string_view, 4> decoder_names{"show_and_tell", "attention", "adaptive", "top_down"};

/// What the decoder of this name reads of an image; nothing where there is none.
inline FeatureKinds features_read_by(std::string_view decoder) {
  if (decoder == "show_and_tell") return ShowAndTell<float>::reads();
  if (decoder == "attention") return AttentionDecoder<float>::reads();
  if (decoder == "adaptive") return AdaptiveDecoder<float>::reads();
  if (decoder == "top_down") return TopDownDecoder<float>::reads();
  return {};
}

template <class T>
class Decoder {
  template <class... Decoders>
  struct ChoiceOf {
    using Any = std::variant<Decoders...>;
    using Context = std::variant<typename Decoders::Context...>;
    using State = std::variant<typename Decoders::State...>;
  };
  using Choices = ChoiceOf<ShowAndTell<T>, AttentionDecoder<T>, AdaptiveDecoder<T>, TopDownDecoder<T>>;

 public:
  /// The state of whichever decoder it is.
  class State {
   public:
    /// Of a decoder of one kind.
    explicit State(typename Choices::State state) : state_(std::move(state)) {}

    Index rows() const {
      return std::visit([](const auto& state) { return state.rows(); }, state_);
    }
    /// Keeps these rows, in this order.
    void select(std::span<const Index> kept) {
      std::visit([&](auto& state) { state.select(kept); }, state_);
    }
    Tensor<T, 2> attention() const {
      return std::visit([](const auto& state) -> Tensor<T, 2> { return state.attention(); }, state_);
    }

   private:
    friend Decoder;
    typename Choices::State state_;
  };

  struct Context {
    double regularization = 0;
    std::optional<double> divisor = {};  ///< of the loss: 1 where it is a sum, else how many targets there are
    bool features_need_gradient = true;  ///< without, backward may give none, where that saves time
    typename Choices::Context chosen;
  };

  /// Throws OptionError where no decoder has that name, and what that decoder throws.
  Decoder(const DecoderOptions& options, Rng& rng) : options_(options), decoder_(make(options, rng)) {}

  Tensor<T, 2> forward(const ImageFeatures<T>& features, std::span<const CaptionBlock> blocks, Context& context) {
    return std::visit(
        [&]<class Chosen>(Chosen& decoder) {
          auto& chosen = pupil::detail::context_to_fill<typename Chosen::Context>(context.chosen);
          if constexpr (requires { chosen.features_need_gradient; }) {
            chosen.features_need_gradient = context.features_need_gradient;
          }
          if constexpr (requires { chosen.divisor; }) chosen.divisor = context.divisor;
          auto logits = decoder.forward(features, blocks, chosen);
          context.regularization = chosen.regularization;
          return logits;
        },
        decoder_);
  }

  /// The gradients of the features. Throws ContextError for the context of no forward, or of another kind of decoder.
  ImageFeatures<T> backward(const Tensor<T, 2>& d_logits, const Context& context) {
    return std::visit(
        [&]<class Chosen>(Chosen& decoder) {
          using Own = typename Chosen::Context;
          return decoder.backward(d_logits, pupil::detail::context_to_read<Own>(context.chosen, "decoder"));
        },
        decoder_);
  }

  /// The state before the first word.
  State start(const ImageFeatures<T>& features) const {
    return std::visit([&](const auto& decoder) { return State(decoder.start(features)); }, decoder_);
  }

  /// Takes the state on by these words, one a row; returns the scores of the next. Throws ContextError for the state of
  /// another kind of decoder.
  Tensor<T, 2> step(const Tensor<std::int32_t, 1>& words, State& state) const {
    return std::visit(
        [&]<class Chosen>(const Chosen& decoder) {
          auto* const own = std::get_if<typename Chosen::State>(&state.state_);
          require<ContextError>(own != nullptr, "decoder: the state is not of this decoder");
          return decoder.step(words, *own);
        },
        decoder_);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    std::visit([&](auto& decoder) { decoder.visit(visitor, name); }, decoder_);
  }

  /// What it reads of an image.
  FeatureKinds reads() const {
    return std::visit([](const auto& decoder) { return decoder.reads(); }, decoder_);
  }

  Embedding<T>& embedding() {
    return std::visit([](auto& decoder) -> Embedding<T>& { return decoder.embedding(); }, decoder_);
  }

  const DecoderOptions& options() const { return options_; }

 private:
  static typename Choices::Any make(const DecoderOptions& options, Rng& rng) {
    check_is_used(options);
    if (options.kind == "show_and_tell") {
      return ShowAndTell<T>({.vocabulary_size = options.vocabulary_size,
                             .pooled_size = options.pooled_size,
                             .embedding_size = options.embedding_size,
                             .hidden_size = options.hidden_size,
                             .dropout = options.dropout,
                             .max_caption_length = options.max_caption_length,
                             .word_loss = options.word_loss},
                            rng);
    }
    if (options.kind == "attention") {
      auto of_kind = common<AttentionDecoderOptions>(options);
      of_kind.gated = options.gated;
      of_kind.doubly_stochastic = options.doubly_stochastic;
      return AttentionDecoder<T>(of_kind, rng);
    }
    if (options.kind == "adaptive") return AdaptiveDecoder<T>(common<AdaptiveDecoderOptions>(options), rng);
    if (options.kind == "top_down") return TopDownDecoder<T>(common<TopDownDecoderOptions>(options), rng);
    std::string names;
    for (const std::string_view name : decoder_names) names += message(names.empty() ? "" : ", ", name);
    throw OptionError(message("decoder: none is called \"", options.kind, "\"; there are ", names));
  }

  /// Throws OptionError where an option was chosen that the decoder does not have.
  static void check_is_used(const DecoderOptions& options) {
    require<OptionError>(options.kind == "attention" || options.doubly_stochastic == 0, "decoder: ", options.kind,
                         " has no doubly stochastic attention (its weight is ", options.doubly_stochastic, ")");
    require<OptionError>(options.kind != "show_and_tell" || !(options.projected || options.tied),
                         "decoder: show_and_tell has no projected output, and none of tied weights");
  }

  /// What all decoders that look at a grid are told.
  template <class Options>
  static Options common(const DecoderOptions& options) {
    Options of_kind;
    of_kind.vocabulary_size = options.vocabulary_size;
    of_kind.grid_channels = options.grid_channels;
    of_kind.embedding_size = options.embedding_size;
    of_kind.hidden_size = options.hidden_size;
    of_kind.attention_size = options.attention_size;
    of_kind.dropout = options.dropout;
    of_kind.max_caption_length = options.max_caption_length;
    of_kind.projected = options.projected;
    of_kind.tied = options.tied;
    return of_kind;
  }

  DecoderOptions options_;
  typename Choices::Any decoder_;
};

}  // namespace pupil::captioning
