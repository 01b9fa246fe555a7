// What dense layers, embeddings, normalization, activations and dropout say of wrong options, shapes and tokens: both
// what was given and what was wanted.

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <pupil/nn/activations.hpp>
#include <pupil/nn/batch_norm1d.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/gelu.hpp>
#include <pupil/nn/group_norm.hpp>
#include <pupil/nn/layer_norm.hpp>
#include <pupil/nn/linear_units.hpp>
#include <pupil/nn/softmax.hpp>
#include <pupil/nn/spatial_dropout2d.hpp>

#include "error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Tokens = Tensor<std::int32_t, 1>;
using TokenSequences = Tensor<std::int32_t, 2>;

}  // namespace

TEST_CASE("dense names both sides of every error") {
  using Options = DenseOptions;
  const auto dense = make<Dense<float>>(Options{.in_features = 3, .out_features = 4});
  const auto other = make<Dense<float>>(Options{.in_features = 30, .out_features = 4});
  check_errors({
      {"no input features", made_with<Dense<float>>(Options{.out_features = 4}), typeid(OptionError),
       "dense: cannot map 0 features to 4, each must be at least 1"},
      {"output features below 0", made_with<Dense<float>>(Options{.in_features = 3, .out_features = -1}),
       typeid(OptionError), "dense: cannot map 3 features to -1, each must be at least 1"},
      {"input features", every_pass(dense, Rows({2, 4})), typeid(ShapeError),
       "dense: input has 4 features, the layer was made for 3 (input [2, 4])"},
      {"input features of images", every_pass(dense, Images({2, 5, 6, 1})), typeid(ShapeError),
       "dense: input has 1 features, the layer was made for 3 (input [2, 5, 6, 1])"},
      {"columns of the gradient", backward_of(dense, Rows({2, 3}), Rows({2, 3})), typeid(ShapeError),
       "dense: the gradient [2, 3] does not fit the output [2, 4]"},
      {"rows of the gradient", backward_of(dense, Sequences({2, 5, 3}), Sequences({2, 6, 4})), typeid(ShapeError),
       "dense: the gradient [2, 6, 4] does not fit the output [10, 4]"},
      {"empty context", backward_of_nothing(dense, Rows({2, 4})), typeid(ContextError),
       "dense: backward needs the context of a forward, and this one holds none"},
      {"context of another layer", backward_by_another(other, Rows({2, 30}), dense, Rows({2, 4})), typeid(ShapeError),
       "dense: the context has 30 features, the layer was made for 3"},
  });
}

TEST_CASE("embedding names both sides of every error") {
  using Options = EmbeddingOptions;
  const auto embedding = make<Embedding<float>>(Options{.num_embeddings = 10, .embedding_dim = 4});
  const auto larger = make<Embedding<float>>(Options{.num_embeddings = 50, .embedding_dim = 4});
  const auto made = [](const Options& options) { return made_with<Embedding<float>>(options); };
  check_errors({
      {"no rows", made({.embedding_dim = 4}), typeid(OptionError),
       "embedding: cannot make a table of 0 x 4, each must be at least 1"},
      {"no columns", made({.num_embeddings = 10}), typeid(OptionError),
       "embedding: cannot make a table of 10 x 0, each must be at least 1"},
      {"padding beyond the table", made({.num_embeddings = 10, .embedding_dim = 4, .padding_index = 10}),
       typeid(OptionError), "embedding: the padding index 10 is not in the table of 10"},
      {"padding below 0", made({.num_embeddings = 10, .embedding_dim = 4, .padding_index = -1}), typeid(OptionError),
       "embedding: the padding index -1 is not in the table of 10"},
      {"standard deviation", made({.num_embeddings = 10, .embedding_dim = 4, .standard_deviation = -0.5}),
       typeid(OptionError), "embedding: the standard deviation -0.5 is not a number from 0 on"},
      {"standard deviation that is no number",
       made({.num_embeddings = 10, .embedding_dim = 4, .standard_deviation = not_a_number}), typeid(OptionError),
       "embedding: the standard deviation nan is not a number from 0 on"},
      {"token beyond the table",
       [&] {
         embedding.forward(TokenSequences({3, 2}, {0, 1, 2, 3, 4, 10}));
       },
       typeid(IndexError), "embedding: token 10 at position [2, 1] is not in the table of 10 (tokens [3, 2])"},
      {"token below 0",
       [&] {
         Embedding<float>::Context context;
         embedding.forward(Tokens({2}, {0, -1}), context);
       },
       typeid(IndexError), "embedding: token -1 at position [1] is not in the table of 10 (tokens [2])"},
      {"rows of the gradient", backward_of(embedding, Tokens({2}), Rows({3, 4})), typeid(ShapeError),
       "embedding: the gradient [3, 4] does not fit the output [2, 4]"},
      {"columns of the gradient", backward_of(embedding, TokenSequences({2, 3}), Sequences({2, 3, 5})),
       typeid(ShapeError), "embedding: the gradient [2, 3, 5] does not fit the output [6, 4]"},
      {"empty context", backward_of_nothing(embedding, Rows({2, 4})), typeid(ContextError),
       "embedding: backward needs the context of a forward, and this one holds none"},
      {"context of a larger table", backward_by_another(larger, Tokens({2}, {3, 49}), embedding, Rows({2, 4})),
       typeid(IndexError), "embedding: token 49 at position [1] is not in the table of 10 (tokens [2])"},
      {"rows that are compared with the table",
       [&] {
         embedding.scores(Rows({2, 3}));
       },
       typeid(ShapeError), "embedding: cannot compare [2, 3] with rows of 4"},
      {"rows that were compared with the table",
       [&] {
         Embedding<float>(embedding).backward_scores(Rows({2, 10}), Rows({2, 3}));
       },
       typeid(ShapeError), "embedding: cannot compare [2, 3] with rows of 4"},
      {"rows of the scores' gradient",
       [&] {
         Embedding<float>(embedding).backward_scores(Rows({3, 10}), Rows({2, 4}));
       },
       typeid(ShapeError), "embedding: the gradient [3, 10] does not fit the scores of [2, 4] with 10 rows"},
      {"columns of the scores' gradient",
       [&] {
         Embedding<float>(embedding).backward_scores(Rows({2, 9}), Rows({2, 4}));
       },
       typeid(ShapeError), "embedding: the gradient [2, 9] does not fit the scores of [2, 4] with 10 rows"},
  });
}

TEST_CASE("batch norm of vectors names both sides of every error") {
  using Norm = BatchNorm1d<float>;
  using Options = BatchNorm1dOptions;
  const Norm norm({.num_features = 2});
  const Norm other({.num_features = 20});
  check_errors({
      {"no features", made_with<Norm>(Options{}), typeid(OptionError),
       "batch_norm1d: cannot normalize 0 features, there must be at least 1"},
      {"epsilon", made_with<Norm>(Options{.num_features = 2, .epsilon = 0}), typeid(OptionError),
       "batch_norm1d: the epsilon 0 is not positive"},
      {"momentum", made_with<Norm>(Options{.num_features = 2, .momentum = -1}), typeid(OptionError),
       "batch_norm1d: the momentum -1 is not between 0 and 1"},
      {"input features", every_pass(norm, Sequences({4, 5, 3})), typeid(ShapeError),
       "batch_norm1d: input has 3 channels, the layer was made for 2 (input [4, 5, 3])"},
      {"a single row",
       [&] {
         Norm::Context context;
         Norm(norm).forward(Rows({1, 2}), context);
       },
       typeid(ShapeError), "batch_norm1d: training needs more than one value a channel (input [1, 2])"},
      {"gradient", backward_of(norm, Rows({3, 2}), Rows({2, 2})), typeid(ShapeError),
       "batch_norm1d: the gradient [2, 2] does not fit the output [3, 2]"},
      {"empty context", backward_of_nothing(norm, Rows({3, 2})), typeid(ContextError),
       "batch_norm1d: backward needs the context of a forward, and this one holds none"},
      {"context of another layer", backward_by_another(other, Rows({3, 20}), norm, Rows({3, 20})), typeid(ShapeError),
       "batch_norm1d: the context has 20 channels, the layer was made for 2"},
  });
}

TEST_CASE("batch norm of images names both sides of every error") {
  using Norm = BatchNorm2d<float>;
  using Options = BatchNorm2dOptions;
  const Norm norm({.num_features = 2});
  check_errors({
      {"features below 0", made_with<Norm>(Options{.num_features = -2}), typeid(OptionError),
       "batch_norm2d: cannot normalize -2 features, there must be at least 1"},
      {"epsilon that is no number", made_with<Norm>(Options{.num_features = 2, .epsilon = not_a_number}),
       typeid(OptionError), "batch_norm2d: the epsilon nan is not positive"},
      {"momentum", made_with<Norm>(Options{.num_features = 2, .momentum = 1.5}), typeid(OptionError),
       "batch_norm2d: the momentum 1.5 is not between 0 and 1"},
      {"input channels", every_pass(norm, Images({1, 2, 2, 3})), typeid(ShapeError),
       "batch_norm2d: input has 3 channels, the layer was made for 2 (input [1, 2, 2, 3])"},
      {"a single pixel",
       [&] {
         Norm::Context context;
         Norm(norm).forward(Images({1, 1, 1, 2}), context);
       },
       typeid(ShapeError), "batch_norm2d: training needs more than one value a channel (input [1, 1, 1, 2])"},
      {"gradient", backward_of(norm, Images({1, 2, 2, 2}), Images({1, 2, 1, 2})), typeid(ShapeError),
       "batch_norm2d: the gradient [1, 2, 1, 2] does not fit the output [4, 2]"},
  });
}

TEST_CASE("layer norm names both sides of every error") {
  using Norm = LayerNorm<float>;
  using Options = LayerNormOptions;
  const Norm norm({.normalized_shape = 2});
  const Norm other({.normalized_shape = 20});
  check_errors({
      {"no features", made_with<Norm>(Options{}), typeid(OptionError),
       "layer_norm: cannot normalize 0 features, there must be at least 1"},
      {"epsilon", made_with<Norm>(Options{.normalized_shape = 2, .epsilon = -1}), typeid(OptionError),
       "layer_norm: the epsilon -1 is not positive"},
      {"input features", every_pass(norm, Sequences({4, 2, 3})), typeid(ShapeError),
       "layer_norm: input has 3 features, the layer was made for 2 (input [4, 2, 3])"},
      {"gradient", backward_of(norm, Sequences({3, 2, 2}), Sequences({4, 2, 2})), typeid(ShapeError),
       "layer_norm: the gradient [4, 2, 2] does not fit the output [6, 2]"},
      {"empty context", backward_of_nothing(norm, Rows({3, 2})), typeid(ContextError),
       "layer_norm: backward needs the context of a forward, and this one holds none"},
      {"context of another layer", backward_by_another(other, Rows({3, 20}), norm, Rows({3, 20})), typeid(ShapeError),
       "layer_norm: the context has 20 features, the layer was made for 2"},
  });
}

TEST_CASE("group norm names both sides of every error") {
  using Norm = GroupNorm<float>;
  using Options = GroupNormOptions;
  const Norm norm({.num_groups = 1, .num_channels = 2});
  const Norm other({.num_groups = 1, .num_channels = 20});
  check_errors({
      {"no channels", made_with<Norm>(Options{.num_groups = 1}), typeid(OptionError),
       "group_norm: cannot normalize 0 channels in 1 groups, each must be at least 1"},
      {"groups below 0", made_with<Norm>(Options{.num_groups = -2, .num_channels = 4}), typeid(OptionError),
       "group_norm: cannot normalize 4 channels in -2 groups, each must be at least 1"},
      {"groups", made_with<Norm>(Options{.num_groups = 4, .num_channels = 6}), typeid(OptionError),
       "group_norm: 4 groups do not divide 6 channels"},
      {"epsilon", made_with<Norm>(Options{.num_groups = 1, .num_channels = 2, .epsilon = 0}), typeid(OptionError),
       "group_norm: the epsilon 0 is not positive"},
      {"input channels", every_pass(norm, Images({1, 2, 2, 3})), typeid(ShapeError),
       "group_norm: input has 3 channels, the layer was made for 2 (input [1, 2, 2, 3])"},
      {"image without pixels", every_pass(norm, Images({1, 2, 0, 2})), typeid(ShapeError),
       "group_norm: the input [1, 2, 0, 2] has no pixels"},
      {"gradient", backward_of(norm, Images({1, 2, 2, 2}), Images({1, 2, 1, 2})), typeid(ShapeError),
       "group_norm: the gradient [1, 2, 1, 2] does not fit the output [4, 2]"},
      {"empty context", backward_of_nothing(norm, Images({1, 2, 2, 2})), typeid(ContextError),
       "group_norm: backward needs the context of a forward, and this one holds none"},
      {"context of another layer", backward_by_another(other, Rows({3, 20}), norm, Rows({3, 20})), typeid(ShapeError),
       "group_norm: the context has 20 channels, the layer was made for 2"},
  });
}

TEST_CASE("activations name both sides of a gradient that does not fit") {
  const auto wrong = [](const auto& layer) { return backward_of(layer, Rows({2, 3}), Rows({2, 4})); };
  const auto without_context = [](const auto& layer) { return backward_of_nothing(layer, Numbers({6})); };
  const std::string error = ": the gradient [2, 4] does not fit the output of 6 elements";
  check_errors({
      {"Relu", wrong(Relu<float>()), typeid(ShapeError), "relu" + error},
      {"Relu6", wrong(Relu6<float>()), typeid(ShapeError), "relu6" + error},
      {"LeakyRelu", wrong(LeakyRelu<float>()), typeid(ShapeError), "leaky_relu" + error},
      {"Elu", wrong(Elu<float>()), typeid(ShapeError), "elu" + error},
      {"Gelu", wrong(Gelu<float>()), typeid(ShapeError), "gelu" + error},
      {"Silu", wrong(Silu<float>()), typeid(ShapeError), "silu" + error},
      {"Sigmoid", wrong(Sigmoid<float>()), typeid(ShapeError), "sigmoid" + error},
      {"Tanh", wrong(Tanh<float>()), typeid(ShapeError), "tanh" + error},
      {"Softmax", wrong(Softmax<float>()), typeid(ShapeError),
       "softmax: the gradient [2, 4] does not fit the output [2, 3]"},
      {"LogSoftmax", wrong(LogSoftmax<float>()), typeid(ShapeError),
       "log_softmax: the gradient [2, 4] does not fit the output [2, 3]"},
      {"Softmax of as many elements", backward_of(Softmax<float>(), Rows({2, 3}), Rows({3, 2})), typeid(ShapeError),
       "softmax: the gradient [3, 2] does not fit the output [2, 3]"},
      {"Relu without a context", without_context(Relu<float>()), typeid(ContextError),
       "relu: backward needs the context of a forward, and this one holds none"},
      {"Elu without a context", without_context(Elu<float>()), typeid(ContextError),
       "elu: backward needs the context of a forward, and this one holds none"},
      {"Tanh without a context", without_context(Tanh<float>()), typeid(ContextError),
       "tanh: backward needs the context of a forward, and this one holds none"},
      {"Softmax without a context", without_context(Softmax<float>()), typeid(ContextError),
       "softmax: backward needs the context of a forward, and this one holds none"},
  });
}

TEST_CASE("dropout names both sides of every error") {
  const auto dropout = make<Dropout<float>>(DropoutOptions{});
  const auto spatial = make<SpatialDropout2d<float>>(DropoutOptions{});
  const auto made = [](double p) { return made_with<Dropout<float>>(DropoutOptions{.probability = p}); };
  const auto made_spatial = [](double p) {
    return made_with<SpatialDropout2d<float>>(DropoutOptions{.probability = p});
  };
  check_errors({
      {"probability of 1", made(1), typeid(OptionError), "dropout: the probability 1 is not in [0, 1)"},
      {"probability below 0", made(-0.5), typeid(OptionError), "dropout: the probability -0.5 is not in [0, 1)"},
      {"probability that is no number", made(not_a_number), typeid(OptionError),
       "dropout: the probability nan is not in [0, 1)"},
      {"gradient", backward_of(dropout, Rows({2, 3}), Rows({3, 3})), typeid(ShapeError),
       "dropout: the gradient [3, 3] does not fit the output of 6 elements"},
      {"empty context", backward_of_nothing(dropout, Rows({2, 3})), typeid(ContextError),
       "dropout: backward needs the context of a forward, and this one holds none"},
      {"probability of 1 for channels", made_spatial(1), typeid(OptionError),
       "spatial_dropout2d: the probability 1 is not in [0, 1)"},
      {"probability below 0 for channels", made_spatial(-0.5), typeid(OptionError),
       "spatial_dropout2d: the probability -0.5 is not in [0, 1)"},
      {"gradient of images", backward_of(spatial, Images({1, 2, 3, 4}), Images({1, 3, 2, 4})), typeid(ShapeError),
       "spatial_dropout2d: the gradient [1, 3, 2, 4] does not fit the output [1, 2, 3, 4]"},
      {"empty context for images", backward_of_nothing(spatial, Images({1, 2, 3, 4})), typeid(ContextError),
       "spatial_dropout2d: backward needs the context of a forward, and this one holds none"},
  });
}
