#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/length_mask.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/summary.hpp>
#include <pupil/nn/transformer_encoder_layer.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/state_dicts.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A layer with weights and biases that are all different.
template <class T>
TransformerEncoderLayer<T> random_encoder(const TransformerEncoderLayerOptions& options, Rng& rng) {
  TransformerEncoderLayer<T> layer(options, rng);
  for_each_parameter(layer, [&](const Name&, auto& p) { p.value = random_tensor<T>(p.value.shape(), rng); });
  return layer;
}

/// An encoder layer that sees the lengths of its sequences, as a layer of one tensor.
template <class T>
struct EncoderOfLengths {
  using Context = typename TransformerEncoderLayer<T>::Context;
  TransformerEncoderLayer<T> layer;
  std::vector<Index> lengths;

  AttentionMasks masks(const Tensor<T, 3>& x) const { return {.keys = positions_within(lengths, x.dim(0))}; }
  Tensor<T, 3> forward(const Tensor<T, 3>& x) const { return layer.forward(x, masks(x)); }
  Tensor<T, 3> forward(const Tensor<T, 3>& x, Context& context) { return layer.forward(x, masks(x), context); }
  Tensor<T, 3> backward(const Tensor<T, 3>& dy, const Context& context) { return layer.backward(dy, context); }
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    layer.visit(visitor, name);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("an encoder layer computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("transformer");
  Rng rng(1);
  using Encoder = TransformerEncoderLayer<T>;
  check_golden_layer<T, 3, 3>(file, "encoder",
                              Encoder({.d_model = 6, .nhead = 2, .dim_feedforward = 9, .dropout = 0}, rng));
  check_golden_layer<T, 3, 3>(file, "encoder norm first",
                              Encoder({.d_model = 6,
                                       .nhead = 3,
                                       .dim_feedforward = 5,
                                       .dropout = 0,
                                       .activation = TransformerActivation::gelu,
                                       .layer_norm_eps = 0.1,
                                       .norm_first = true},
                                      rng));
  check_golden_layer<T, 3, 3>(file, "encoder batch first",
                              Encoder({.d_model = 6, .dim_feedforward = 8, .dropout = 0, .batch_first = true}, rng));
  const Encoder causal({.d_model = 6,
                        .nhead = 2,
                        .dim_feedforward = 7,
                        .dropout = 0,
                        .activation = TransformerActivation::gelu,
                        .causal = true},
                       rng);
  check_golden_layer<T, 3, 3>(file, "encoder masked", EncoderOfLengths<T>{causal, {4, 2, 3}});
}

TEST_CASE("an encoder layer of PyTorch's is saved as it was loaded") {
  Rng rng(2);
  check_state_dict_returns(fixture("transformer"), "encoder/state/",
                           TransformerEncoderLayer<double>({.d_model = 6, .nhead = 2, .dim_feedforward = 9}, rng));
}

TEST_CASE("encoder layer gradients agree with differences") {
  Rng rng(3);
  const auto x = random_tensor<double>(Shape{4, 3, 4}, rng);
  for (const bool norm_first : {false, true}) {
    for (const auto activation : {TransformerActivation::relu, TransformerActivation::gelu}) {
      CAPTURE(norm_first);
      TransformerEncoderLayerOptions options{.d_model = 4,
                                             .nhead = 2,
                                             .dim_feedforward = 5,
                                             .dropout = 0,
                                             .activation = activation,
                                             .norm_first = norm_first};
      check_gradients(random_encoder<double>(options, rng), x, rng);
      check_gradients(EncoderOfLengths<double>{random_encoder<double>(options, rng), {4, 1, 3}}, x, rng);
      options.dropout = 0.3;
      options.batch_first = true;
      options.causal = true;
      check_gradients(random_encoder<double>(options, rng), x, rng);
    }
  }
}

TEST_CASE("encoder layers stand in a Sequential, and give the same bits in training without dropout") {
  Rng rng(4);
  const TransformerEncoderLayerOptions options{.d_model = 16, .nhead = 4, .dim_feedforward = 30, .dropout = 0};
  Sequential net{random_encoder<float>(options, rng), random_encoder<float>(options, rng)};
  const auto x = random_tensor<float>(Shape{9, 5, 16}, rng);
  decltype(net)::Context context;
  CHECK(net.forward(x, context) == std::as_const(net).forward(x));
  CHECK(net.backward(x, context).shape() == x.shape());
}

TEST_CASE("an encoder layer drops in training alone") {
  Rng rng(5);
  auto layer = random_encoder<float>({.d_model = 8, .nhead = 2, .dim_feedforward = 10, .dropout = 0.5}, rng);
  const auto x = random_tensor<float>(Shape{5, 3, 8}, rng);
  TransformerEncoderLayer<float>::Context first, second;
  const auto y = layer.forward(x, first);
  CHECK(y != std::as_const(layer).forward(x));
  CHECK(y != layer.forward(x, second));
  std::vector<std::string> generators;
  for_each_generator(layer, [&](const Name& name, Rng&) { generators.push_back(name.str()); });
  CHECK(generators == std::vector<std::string>{"self_attn.dropout.generator", "dropout.generator", "dropout1.generator",
                                               "dropout2.generator"});
}

TEST_CASE("an encoder layer may be used twice in one model") {
  Rng rng(6);
  check_used_twice(random_encoder<float>({.d_model = 4, .nhead = 2, .dim_feedforward = 6, .dropout = 0}, rng),
                   random_tensor<float>(Shape{5, 2, 4}, rng), random_tensor<float>(Shape{3, 1, 4}, rng));
}

TEST_CASE("a summary shows what an encoder layer consists of") {
  Rng rng(7);
  const TransformerEncoderLayer<float> layer({.d_model = 8, .nhead = 2, .dim_feedforward = 10}, rng);
  const auto table = summary(layer, Shape{5, 3, 8});
  std::vector<std::string> lines;
  for (const auto& line : table.layers()) lines.push_back(line.name + ' ' + line.output_shape);
  CHECK(lines == std::vector<std::string>{"self_attn [5, 3, 8]", "norm1 [5, 3, 8]", "linear1 [5, 3, 10]",
                                          "linear2 [5, 3, 8]", "norm2 [5, 3, 8]"});
  CHECK(table.parameters() == count_parameters(layer));
}

TEST_CASE("an encoder layer names what does not fit") {
  Rng rng(8);
  using Encoder = TransformerEncoderLayer<float>;
  CHECK_THROWS_WITH_AS(Encoder({.d_model = 6, .nhead = 4}, rng),
                       "multi_head_attention: cannot share 6 features out among 4 heads alike", OptionError);
  CHECK_THROWS_WITH_AS(Encoder({.d_model = 6, .dim_feedforward = 0}, rng),
                       "dense: cannot map 6 features to 0, each must be at least 1", OptionError);
  CHECK_THROWS_WITH_AS(Encoder({.d_model = 6, .dropout = 1}, rng), "dropout: the probability 1 is not in [0, 1)",
                       OptionError);
  CHECK_THROWS_WITH_AS(Encoder({.d_model = 6, .layer_norm_eps = 0}, rng), "layer_norm: the epsilon 0 is not positive",
                       OptionError);
  Encoder layer({.d_model = 4, .dim_feedforward = 6}, rng);
  CHECK_THROWS_WITH_AS(layer.forward(Tensor<float, 3>({5, 2, 3})),
                       "multi_head_attention: input of 3 features, the layer was made for 4 (input [5, 2, 3])",
                       ShapeError);
  Encoder::Context context;
  layer.forward(Tensor<float, 3>({5, 2, 4}), context);
  CHECK_THROWS_AS(layer.forward(Tensor<float, 3>({5, 2, 4}), context), ContextError);
  layer.forward(Tensor<float, 3>({5, 2, 4}), context);
  CHECK_THROWS_WITH_AS(layer.backward(Tensor<float, 3>({5, 3, 4}), context),
                       "layer_norm: the gradient [5, 3, 4] does not fit the output [10, 4]", ShapeError);
}
