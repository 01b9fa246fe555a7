#pragma once
// AllSteps: of what recurrent layers give, the hidden states after all steps, without the final state, so that layers
// of features can follow: a next character for every character, for example. LastStep is for one answer a sequence.
//
//   Sequential net{Embedding<float>({...}, rng), Lstm<float>({...}, rng), AllSteps<float>(), Dense<float>({...}, rng)};
//
// It takes no copy. PyTorch has no such layer: its nn.Sequential has no place for what nn.LSTM gives.

#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/recurrent_layers.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// The output of an Lstm or a Gru gives [time, batch, num_directions * hidden_size], or batch first as that layer.
template <class T>
class AllSteps {
 public:
  struct Context {
    Shape<3> output;
    UnreadForward unread{};
  };

  template <class State>
  Tensor<T, 3> forward(RecurrentOutput<T, State> x) const {
    return std::move(x.output);
  }

  template <class State>
  Tensor<T, 3> forward(RecurrentOutput<T, State> x, Context& context) const {
    context.unread.begin("all_steps");
    context.output = x.output.shape();
    return std::move(x.output);
  }

  /// dy, which recurrent layers' backward takes as it is. Throws ShapeError where it does not fit the output.
  Tensor<T, 3> backward(Tensor<T, 3> dy, const Context& context) const {
    context.unread.require_forward("all_steps");
    require<ShapeError>(dy.shape() == context.output, "all_steps: the gradient ", dy.shape(),
                        " does not fit the output ", context.output);
    context.unread.end();
    return dy;
  }

  Shape<3> output_shape(const Shape<3>& x) const { return x; }

  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}
};

}  // namespace pupil
