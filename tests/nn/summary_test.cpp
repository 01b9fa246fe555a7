#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/activations.hpp>
#include <pupil/nn/adaptive_max_pool2d.hpp>
#include <pupil/nn/avg_pool2d.hpp>
#include <pupil/nn/basic_block.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/conv_transpose2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/global_avg_pool2d.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/instance_norm2d.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/max_pool2d.hpp>
#include <pupil/nn/pixel_shuffle.hpp>
#include <pupil/nn/pixel_unshuffle.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/summary.hpp>
#include <pupil/nn/upsample2d.hpp>

using namespace pupil;

namespace {

/// A user's model: two layers, one of them used twice and visited under two names.
struct TwiceModel {
  Dense<float> in;
  Dense<float> twice;
  Relu<float> relu{};

  explicit TwiceModel(Rng& rng)
      : in({.in_features = 3, .out_features = 4}, rng), twice({.in_features = 4, .out_features = 4}, rng) {}

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    in.visit(visitor, name / "in");
    twice.visit(visitor, name / "twice");
    twice.visit(visitor, name / "again");
  }

  template <class Table, std::size_t Rank>
  auto summarize(Table& table, const Name& name, const Shape<Rank>& x) const {
    const auto hidden = table.add(name / "twice", twice, table.add(name / "in", in, x));
    return table.add(name / "twice", twice, table.add(name / "relu", relu, hidden));
  }
};

/// Checks the shape that a layer says it gives against the one that it gives.
template <class Layer, class X>
void check_output_shape(Layer layer, const X& x) {
  typename Layer::Context context;
  const auto y = layer.forward(x, context);
  CHECK(layer.output_shape(x.shape()) == y.shape());
  const ModelSummary table = summary(layer, x.shape());
  REQUIRE(table.layers().size() == 1);
  CHECK(table.layers()[0].output_shape == message(y.shape()));
  CHECK(table.layers()[0].parameters == count_parameters(layer));
}

}  // namespace

TEST_CASE("a summary is a table of layers, and totals") {
  Rng rng(1);
  Sequential net(Conv2d<float>({.in_channels = 1, .out_channels = 16, .kernel_size = 3, .padding = 1}, rng),
                 BatchNorm2d<float>({.num_features = 16}), Relu<float>(), MaxPool2d<float>({.kernel_size = 2}),
                 Flatten<float>(), Dense<float>({.in_features = 16 * 14 * 14, .out_features = 10}, rng));
  std::ostringstream text;
  text << summary(net, Shape{1, 28, 28, 1});
  CHECK(text.str() ==
        "layer            output shape     parameters  multiply-adds\n"
        "-----------------------------------------------------------\n"
        "0 (Conv2d)       [1, 28, 28, 16]         160        112,896\n"
        "1 (BatchNorm2d)  [1, 28, 28, 16]          32              0\n"
        "2 (Relu)         [1, 28, 28, 16]           0              0\n"
        "3 (MaxPool2d)    [1, 14, 14, 16]           0              0\n"
        "4 (Flatten)      [1, 3136]                 0              0\n"
        "5 (Dense)        [1, 10]              31,370         31,360\n"
        "-----------------------------------------------------------\n"
        "parameters     31,562\n"
        "buffers        33\n"
        "multiply-adds  144,256\n");
}

TEST_CASE("every layer says which shape it gives, and gives it") {
  Rng rng(2);
  const Tensor<float, 4> image({2, 9, 7, 4});
  check_output_shape(
      Conv2d<float>(
          {.in_channels = 4, .out_channels = 6, .kernel_size = {3, 2}, .stride = {2, 3}, .padding = 1, .groups = 2},
          rng),
      image);
  check_output_shape(BatchNorm2d<float>({.num_features = 4}), image);
  check_output_shape(Dense<float>({.in_features = 4, .out_features = 5}, rng), image);
  check_output_shape(Relu<float>(), image);
  check_output_shape(Relu6<float>(), image);
  check_output_shape(Sigmoid<float>(), image);
  check_output_shape(Tanh<float>(), image);
  check_output_shape(MaxPool2d<float>({.kernel_size = 3, .stride = 2, .padding = 1}), image);
  check_output_shape(AvgPool2d<float>({.kernel_size = {2, 3}}), image);
  check_output_shape(GlobalAvgPool2d<float>(), image);
  check_output_shape(AdaptiveMaxPool2d<float>({.output_size = {3, 5}}), image);
  check_output_shape(ConvTranspose2d<float>({.in_channels = 4,
                                             .out_channels = 6,
                                             .kernel_size = {3, 2},
                                             .stride = {2, 3},
                                             .padding = 1,
                                             .output_padding = {1, 2},
                                             .groups = 2},
                                            rng),
                     image);
  check_output_shape(InstanceNorm2d<float>({.num_features = 4, .affine = true}), image);
  check_output_shape(PixelShuffle<float>({.upscale_factor = 2}), image);
  check_output_shape(PixelUnshuffle<float>({.downscale_factor = 2}), Tensor<float, 4>({2, 8, 6, 3}));
  check_output_shape(Upsample2d<float>({.scale_factor = {1.7, 0.5}}), image);
  check_output_shape(Flatten<float>(), image);
  check_output_shape(Dropout<float>({}, rng), image);
  check_output_shape(Identity(), image);
  check_output_shape(Embedding<float>({.num_embeddings = 9, .embedding_dim = 4}, rng), Tensor<std::int32_t, 2>({3, 5}));

  Lstm<float> lstm({.input_size = 4, .hidden_size = 6}, rng);
  CHECK(lstm.output_shape(Shape{5, 2, 4}) == lstm.forward(Tensor<float, 3>({5, 2, 4})).output.shape());
}

TEST_CASE("the work of a layer is one multiplication a weight and a row of its output") {
  Rng rng(3);
  const auto work = [](auto layer, const auto& x) { return summary(layer, x).multiply_adds(); };
  CHECK(work(Conv2d<float>({.in_channels = 4, .out_channels = 6, .kernel_size = {3, 2}, .stride = 2, .groups = 2}, rng),
             Shape{2, 9, 8, 4}) == 2 * 4 * 4 * 6 * (3 * 2 * 2));
  CHECK(work(Dense<float>({.in_features = 4, .out_features = 5}, rng), Shape{7, 3, 4}) == 7 * 3 * 4 * 5);
  CHECK(work(Lstm<float>({.input_size = 4, .hidden_size = 6}, rng), Shape{5, 2, 4}) == 5 * 2 * 4 * 6 * (4 + 6));
  CHECK(work(Embedding<float>({.num_embeddings = 9, .embedding_dim = 4}, rng), Shape{3, 5}) == 0);
}

TEST_CASE("layers inside layers have their full names") {
  Rng rng(4);
  BasicBlock<float> block({.in_channels = 2, .out_channels = 4, .stride = 2}, rng);
  const ModelSummary table = summary(block, Shape{1, 9, 8, 2});
  std::vector<std::string> names;
  for (const LayerSummary& layer : table.layers()) names.push_back(layer.name + " " + layer.output_shape);
  CHECK(names == std::vector<std::string>{"downsample.0 [1, 5, 4, 4]", "downsample.1 [1, 5, 4, 4]",
                                          "conv1 [1, 5, 4, 4]", "bn1 [1, 5, 4, 4]", "relu [1, 5, 4, 4]",
                                          "conv2 [1, 5, 4, 4]", "bn2 [1, 5, 4, 4]", "relu [1, 5, 4, 4]"});
  CHECK(table.parameters() == count_parameters(block));
  CHECK(table.buffers() == 3 * (2 * 4 + 1));  // of a batch norm: two averages, and the number of batches
}

TEST_CASE("a layer that is used twice works twice, and its parameters count once") {
  Rng rng(5);
  TwiceModel model(rng);
  const ModelSummary table = summary(model, Shape{1, 3});
  CHECK(table.layers().size() == 4);
  CHECK(table.layers()[2].name == "relu");
  CHECK(table.parameters() == (3 * 4 + 4) + (4 * 4 + 4));
  CHECK(table.multiply_adds() == 3 * 4 + 2 * 4 * 4);
}

TEST_CASE("a shape that a layer does not take is named") {
  Rng rng(6);
  Sequential net(Dense<float>({.in_features = 3, .out_features = 4}, rng),
                 Dense<float>({.in_features = 5, .out_features = 4}, rng));
  CHECK_THROWS_WITH_AS(summary(net, Shape{1, 3}),
                       "dense: input has 4 features, the layer was made for 5 (input [1, 4])", ShapeError);
}

TEST_CASE("numbers have a comma every three digits") {
  CHECK(pupil::detail::with_commas(0) == "0");
  CHECK(pupil::detail::with_commas(999) == "999");
  CHECK(pupil::detail::with_commas(1000) == "1,000");
  CHECK(pupil::detail::with_commas(1234567890) == "1,234,567,890");
}

TEST_CASE("a summary explains by which algorithms convolutions are computed, and leaves out who has no choice") {
  Rng rng(1);
  Sequential net{Conv2d<double>({.in_channels = 3, .out_channels = 8, .kernel_size = 3, .padding = 1}, rng),
                 Relu<double>(),
                 Conv2d<double>({.in_channels = 8, .out_channels = 8, .kernel_size = 3, .groups = 8}, rng)};
  CHECK(explain(summary(net, Shape{2, 9, 9, 3})) ==
        "0: conv2d 3x3/1 3->8 9x9: forward patches, data gradient phases, weight gradient patches; portable, highest\n"
        "2: conv2d 3x3/1 8->8 9x9: forward depthwise, data gradient depthwise, weight gradient depthwise; portable, "
        "highest\n");
  Conv2d<float> conv({.in_channels = 3, .out_channels = 8, .kernel_size = 3}, rng);
  const std::string of_floats = explain(summary(conv, Shape{2, 9, 9, 3}));
  CHECK(of_floats.starts_with("conv2d 3x3/1 3->8 9x9: forward "));
  CHECK(of_floats.ends_with("highest\n"));
}
