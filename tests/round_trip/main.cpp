// round_trip IN OUT: loads the PyTorch state dict IN into the model whose twin is in tools/check_round_trip.py, and
// saves it again as OUT.

#include <cstdio>
#include <exception>

#include <pupil/io/state_dict.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/conv1d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/gru_cell.hpp>
#include <pupil/nn/layer_norm.hpp>
#include <pupil/nn/lstm.hpp>

namespace {

using namespace pupil;

/// One of every kind of layer that has a layout of its own.
struct Model {
  explicit Model(Rng& rng)
      : conv({.in_channels = 6, .out_channels = 4, .kernel_size = {3, 5}, .groups = 2}, rng),
        bn({.num_features = 4}),
        sequence({.in_channels = 3, .out_channels = 5, .kernel_size = 2}, rng),
        norm({.normalized_shape = 7}),
        embed({.num_embeddings = 11, .embedding_dim = 7}, rng),
        lstm({.input_size = 7, .hidden_size = 3, .num_layers = 2, .bidirectional = true}, rng),
        cell({.input_size = 6, .hidden_size = 2}, rng),
        out({.in_features = 2, .out_features = 11}, rng) {}

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    conv.visit(visitor, name / "conv");
    bn.visit(visitor, name / "bn");
    sequence.visit(visitor, name / "sequence");
    norm.visit(visitor, name / "norm");
    embed.visit(visitor, name / "embed");
    lstm.visit(visitor, name / "lstm");
    cell.visit(visitor, name / "cell");
    out.visit(visitor, name / "out");
  }

  Conv2d<float> conv;
  BatchNorm2d<float> bn;
  Conv1d<float> sequence;
  LayerNorm<float> norm;
  Embedding<float> embed;
  Lstm<float> lstm;
  GruCell<float> cell;
  Dense<float> out;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: round_trip IN OUT\n", stderr);
    return 2;
  }
  try {
    Rng rng(1);
    Model model(rng);
    load_state_dict(argv[1], model);
    save_state_dict(argv[2], model);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "round_trip: %s\n", error.what());
    return 1;
  }
}
