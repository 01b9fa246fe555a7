#pragma once
// What is true of every decoder that looks at a grid.

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/image_features.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"
#include "../support/thread_counts.hpp"
#include "caption_blocks.hpp"
#include "parameter_gradients.hpp"

namespace pupil::testing {

inline constexpr Index tiny_words = 9;
inline constexpr Index tiny_channels = 7;
inline constexpr Index tiny_positions = 5;

/// The grid of four images.
template <class T>
ImageFeatures<T> tiny_grid(Rng& rng) {
  return {.grid = random_tensor<T>(Shape{4, tiny_positions, tiny_channels}, rng)};
}

/// All options that these decoders share, small enough for differences.
template <class Options>
Options tiny_decoder_options() {
  Options options;
  options.vocabulary_size = tiny_words;
  options.grid_channels = tiny_channels;
  options.embedding_size = 4;
  options.hidden_size = 6;
  options.attention_size = 3;
  options.dropout = 0;
  return options;
}

/// The same rows of numbers, each repeated as `rows` says.
template <class T>
ImageFeatures<T> repeated(const ImageFeatures<T>& features, std::span<const Index> rows) {
  const auto& grid = features.grid;
  const Index size = grid.dim(1) * grid.dim(2);
  ImageFeatures<T> result{.grid =
                              Tensor<T, 3>::uninitialized({static_cast<Index>(rows.size()), grid.dim(1), grid.dim(2)})};
  T* next = result.grid.data();
  for (const Index row : rows) next = std::copy_n(grid.data() + row * size, size, next);
  return result;
}

/// Teacher forcing gives the logits that reading the same words one by one gives, where weights are a part of 1.
template <class Decoder>
void check_step_by_step(Decoder decoder, Rng& rng) {
  const auto features = tiny_grid<double>(rng);
  const auto blocks = tiny_blocks();
  typename Decoder::Context context;
  const auto logits = decoder.forward(features, blocks, context);
  Index row = 0;
  for (const captioning::CaptionBlock& block : blocks) {
    const Index captions = block.inputs.dim(1);
    auto state = decoder.start(features);
    CHECK(state.rows() == 4);
    state.select(block.image_rows);
    REQUIRE(state.rows() == captions);
    for (Index t = 0; t < block.inputs.dim(0); ++t) {
      auto words = Tensor<std::int32_t, 1>::uninitialized({captions});
      for (Index c = 0; c < captions; ++c) words[c] = block.inputs(t, c);
      const auto next = decoder.step(words, state);
      REQUIRE(state.attention().shape() == Shape<2>{captions, tiny_positions});
      for (Index c = 0; c < captions; ++c) {
        double sum = 0;
        for (Index p = 0; p < tiny_positions; ++p) sum += state.attention()(c, p);
        CHECK(sum > 0);
        CHECK(sum <= 1 + 1e-12);
        if (block.targets(t, c) == captioning::CaptionBlock::ignored_target) continue;
        for (Index w = 0; w < tiny_words; ++w) CHECK(logits(row, w) == doctest::Approx(next(c, w)).epsilon(1e-12));
        ++row;
      }
    }
  }
  CHECK(row == logits.rows());
  CHECK(row == target_words(blocks).size());
}

/// All parameters' gradients and that of the grid agree with differences of sum(cotangent * logits) + regularization.
template <class Decoder>
void check_decoder_gradients(Decoder decoder, Rng& rng) {
  for_each_parameter(decoder, [&](const Name&, auto& parameter) {  // far from where it begins, so that all matters
    for (double& value : parameter.value) value += 0.3 * rng.normal<double>();
  });
  auto features = tiny_grid<double>(rng);
  const auto blocks = tiny_blocks();
  const auto cotangent = random_tensor<double>(Shape{target_words(blocks).size(), tiny_words}, rng);
  const auto loss = [&](Decoder& model) {
    typename Decoder::Context unused;
    const auto logits = model.forward(features, blocks, unused);
    double sum = unused.regularization;
    for (Index i = 0; i < logits.size(); ++i) sum += logits[i] * cotangent[i];
    return sum;
  };
  ImageFeatures<double> d_features;
  const auto accumulate = [&](Decoder& model) {
    typename Decoder::Context context;
    model.forward(features, blocks, context);
    d_features = model.backward(cotangent, context);
  };
  CHECK(check_parameter_gradients(decoder, accumulate, loss) >= 12);
  const auto evaluate = [&] {
    Decoder copy = decoder;
    return loss(copy);
  };
  CHECK(d_features.pooled.empty());
  detail::compare_with_differences("grid", features.grid, d_features.grid, evaluate, {});
  const Index image_size = tiny_positions * tiny_channels;
  CHECK(std::all_of(d_features.grid.data() + 2 * image_size, d_features.grid.data() + 3 * image_size,
                    [](double d) { return d == 0; }));  // no caption
}

/// Captions that share an image are captions of copies of the image.
template <class Decoder>
void check_shared_images(Decoder decoder, Rng& rng) {
  const auto features = tiny_grid<double>(rng);
  const auto blocks = tiny_blocks();
  auto copies = blocks;
  std::vector<Index> images;
  for (captioning::CaptionBlock& block : copies) {
    for (Index& image : block.image_rows) {
      images.push_back(image);
      image = static_cast<Index>(images.size()) - 1;
    }
  }
  auto of_copies = decoder;
  typename Decoder::Context context, context_of_copies;
  const auto logits = decoder.forward(features, blocks, context);
  CHECK(relative_difference(of_copies.forward(repeated(features, images), copies, context_of_copies), logits) < 1e-12);
  const auto cotangent = random_tensor<double>(logits.shape(), rng);
  const auto d_features = decoder.backward(cotangent, context);
  const auto d_copies = of_copies.backward(cotangent, context_of_copies);
  Tensor<double, 3> sums(features.grid.shape());
  const Index size = tiny_positions * tiny_channels;
  for (std::size_t c = 0; c < images.size(); ++c) {
    for (Index i = 0; i < size; ++i) sums[images[c] * size + i] += d_copies.grid[static_cast<Index>(c) * size + i];
  }
  CHECK(relative_difference(sums, d_features.grid) < 1e-12);
}

/// Blocks that are read together give what they give one by one.
template <class Decoder>
void check_several_blocks(Decoder decoder, Rng& rng) {
  const auto features = tiny_grid<double>(rng);
  const auto blocks = tiny_blocks();
  typename Decoder::Context context;
  const auto together = decoder.forward(features, blocks, context);
  Index row = 0;
  for (const captioning::CaptionBlock& block : blocks) {
    typename Decoder::Context own;
    const auto logits = decoder.forward(features, std::span(&block, 1), own);
    for (Index i = 0; i < logits.size(); ++i) {
      CHECK(logits[i] == doctest::Approx(together.row(row)[i]).epsilon(1e-12));
    }
    row += logits.rows();
  }
  CHECK(row == together.rows());
}

/// The same bits whatever the number of threads: logits, regularization, and all gradients, of sizes that are worth
/// several threads.
template <template <class> class Decoder, class Options>
void check_same_bits(Options options, Rng& rng) {
  options.grid_channels = 80;
  options.embedding_size = options.hidden_size = options.attention_size = 48;
  options.dropout = 0.3;
  const Decoder<float> decoder(options, rng);
  const ImageFeatures<float> features{.grid = random_tensor<float>(Shape{6, 49, 80}, rng)};
  std::vector<captioning::CaptionBlock> blocks;
  for (const std::size_t length : {11U, 6U, 1U}) {
    std::vector<TestCaption> captions;
    for (Index c = 0; c < 14; ++c) captions.push_back({c * c % 6, std::vector<std::int32_t>(length, 4)});
    captions.back().words.pop_back();
    blocks.push_back(caption_block(captions));
  }
  const auto cotangent = random_tensor<float>(Shape{target_words(blocks).size(), tiny_words}, rng);
  check_thread_counts([&] {
    auto copy = decoder;
    typename Decoder<float>::Context context;
    const auto logits = copy.forward(features, blocks, context);
    zero_gradients(copy);
    const auto d_features = copy.backward(cotangent, context);
    std::vector<float> all(logits.begin(), logits.end());
    all.push_back(static_cast<float>(context.regularization));
    all.insert(all.end(), d_features.grid.begin(), d_features.grid.end());
    for_each_parameter(copy, [&](const Name&, auto& parameter) {
      all.insert(all.end(), parameter.gradient.begin(), parameter.gradient.end());
    });
    return all;
  });
}

/// Where features have no gradient, the parameters have the same one.
template <class Decoder>
void check_frozen_features(const Decoder& decoder, Rng& rng) {
  const auto features = tiny_grid<double>(rng);
  const auto blocks = tiny_blocks();
  const auto cotangent = random_tensor<double>(Shape{target_words(blocks).size(), tiny_words}, rng);
  const auto gradients = [&](bool needed) {
    auto copy = decoder;
    zero_gradients(copy);
    typename Decoder::Context context;
    context.features_need_gradient = needed;
    copy.forward(features, blocks, context);
    CHECK(copy.backward(cotangent, context).grid.empty() == !needed);
    std::vector<double> all;
    for_each_parameter(copy, [&](const Name&, auto& parameter) {
      all.insert(all.end(), parameter.gradient.begin(), parameter.gradient.end());
    });
    return all;
  };
  CHECK(gradients(false) == gradients(true));
}

/// States that are selected, rows repeated and left out, go on as states of these images do.
template <class Decoder>
void check_selected_states(const Decoder& decoder, Rng& rng) {
  const auto features = tiny_grid<double>(rng);
  auto state = decoder.start(features);
  decoder.step(Tensor<std::int32_t, 1>({4}, {1, 1, 1, 1}), state);
  const std::vector<Index> kept{3, 0, 0};
  const auto attention = state.attention();
  auto copy = state;
  copy.select(kept);
  for (Index p = 0; p < tiny_positions; ++p) CHECK(copy.attention()(1, p) == attention(0, p));
  const auto all = decoder.step(Tensor<std::int32_t, 1>({4}, {5, 6, 7, 8}), state);
  const auto some = decoder.step(Tensor<std::int32_t, 1>({3}, {8, 5, 5}), copy);
  for (std::size_t r = 0; r < kept.size(); ++r) {
    for (Index w = 0; w < tiny_words; ++w) {
      CHECK(some(static_cast<Index>(r), w) == doctest::Approx(all(kept[r], w)).epsilon(1e-12));
    }
  }
}

/// Dropout acts in training, and not where captions are made.
template <class Decoder>
void check_dropout(Decoder decoder, Rng& rng) {
  const auto features = tiny_grid<double>(rng);
  const auto blocks = tiny_blocks();
  typename Decoder::Context first, second;
  CHECK_FALSE(decoder.forward(features, blocks, first) == decoder.forward(features, blocks, second));
  const Tensor<std::int32_t, 1> words({4}, {1, 1, 1, 1});
  auto state = decoder.start(features);
  auto again = decoder.start(features);
  CHECK(decoder.step(words, state) == decoder.step(words, again));
}

/// Features and captions that do not fit are named; `name` is the decoder's.
template <class Decoder>
void check_bad_features(Decoder decoder, const std::string& name) {
  typename Decoder::Context context;
  const auto blocks = tiny_blocks();
  const auto forward = [&](const Shape<3>& shape) {
    decoder.forward({.grid = Tensor<double, 3>(shape)}, blocks, context);
  };
  CHECK(error_of<ShapeError>([&] {
          forward({4, 5, 6});
        }) == name + ": the grid [4, 5, 6] is not one of images, positions and 7 channels");
  CHECK(error_of<ShapeError>([&] {
          forward({4, 0, 7});
        }) == name + ": the grid [4, 0, 7] is not one of images, positions and 7 channels");
  CHECK(error_of<ShapeError>([&] {
          decoder.start({.pooled = Tensor<double, 2>({4, 7})});
        }) == name + ": the grid [0, 0, 0] is not one of images, positions and 7 channels");
  CHECK(error_of<IndexError>([&] { forward({3, 5, 7}); }) == "captions: caption 1 is of image 3, there are 3");
  forward({4, 5, 7});  // the context is none the worse for it
}

/// No captions have no logits, and no gradient.
template <class Decoder>
void check_no_captions(Decoder decoder, Rng& rng) {
  const auto features = tiny_grid<double>(rng);
  typename Decoder::Context context;
  const auto logits = decoder.forward(features, {}, context);
  CHECK(logits.shape() == Shape<2>{0, tiny_words});
  CHECK(context.regularization == 0);
  const auto d_features = decoder.backward(logits, context);
  CHECK(std::all_of(d_features.grid.begin(), d_features.grid.end(), [](double d) { return d == 0; }));
}

}  // namespace pupil::testing
