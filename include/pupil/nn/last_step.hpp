#pragma once
// LastStep: of what recurrent layers give, the last layer's hidden state after the last step of every sequence, so that
// layers of rows can follow: a class for each sequence, for example.
//
//   Sequential net{Embedding<float>({...}, rng), Lstm<float>({...}, rng), LastStep<float>(), Dense<float>({...}, rng)};
//
//   y[b] = h_T of sequence b, and of both directions   y[b] = forward h_T, reverse h_1
//
// where T is the length of the sequence: the padding behind its end is never looked at. The reverse direction has then
// read all of the sequence too, which at the position T it has not; so does Keras, and torch.cat((h_n[-2], h_n[-1]),
// 1). PyTorch has no such layer: its nn.Sequential has no place for what nn.LSTM gives.

#include <algorithm>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/recurrent_layers.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct LastStepOptions {
  bool batch_first = false;  ///< as the recurrent layer's: its output is [batch, time, features]
};

/// The output of an Lstm or a Gru gives [batch, num_directions * hidden_size].
template <class T>
class LastStep {
 public:
  struct Context {
    Shape<2> output;
    UnreadForward unread{};
  };

  explicit LastStep(const LastStepOptions& options = {}) : options_(options) {}

  /// Throws ShapeError where the output and the state are not of the same sequences, as where `batch_first` is not the
  /// recurrent layer's.
  template <class State>
  Tensor<T, 2> forward(const RecurrentOutput<T, State>& x) const {
    const Tensor<T, 3>& hidden = x.state.hidden;  // [num_layers * num_directions, batch, hidden_size]
    const Shape<2> shape = output_shape(x.output.shape());
    const Index directions = hidden.columns() == 0 ? 0 : shape[1] / hidden.columns();
    require<ShapeError>(hidden.dim(1) == shape[0] && (directions == 1 || directions == 2) &&
                            directions * hidden.columns() == shape[1] && directions <= hidden.dim(0),
                        "last_step: the output ", x.output.shape(), " does not fit the hidden state ", hidden.shape());
    auto y = Tensor<T, 2>::uninitialized(shape);
    for (Index d = 0; d < directions; ++d) {
      const T* const rows = hidden.row((hidden.dim(0) - directions + d) * shape[0]);
      for (Index b = 0; b < shape[0]; ++b) {
        std::copy_n(rows + b * hidden.columns(), hidden.columns(), y.row(b) + d * hidden.columns());
      }
    }
    return y;
  }

  template <class State>
  Tensor<T, 2> forward(const RecurrentOutput<T, State>& x, Context& context) const {
    auto y = forward(x);
    context.unread.begin("last_step");
    context.output = y.shape();
    return y;
  }

  /// dy, which recurrent layers' backward takes as it is. Throws ShapeError where it does not fit the output.
  Tensor<T, 2> backward(Tensor<T, 2> dy, const Context& context) const {
    context.unread.require_forward("last_step");
    require<ShapeError>(dy.shape() == context.output, "last_step: the gradient ", dy.shape(),
                        " does not fit the output ", context.output);
    context.unread.end();
    return dy;
  }

  /// Of the recurrent layer's output [time, batch, features], or batch first: [batch, features].
  Shape<2> output_shape(const Shape<3>& x) const { return {x[options_.batch_first ? 0 : 1], x[2]}; }

  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

  const LastStepOptions& options() const { return options_; }

 private:
  LastStepOptions options_;
};

/// A recurrent layer and its LastStep as one, which takes a tensor and gives one, as layers that are chosen at run time
/// do. Its parameters are the recurrent layer's.
template <class Recurrent>
class LastStepOf {
  using T = typename Recurrent::Scalar;

 public:
  struct Context {
    typename Recurrent::Context recurrent;
    typename LastStep<T>::Context last;
  };

  explicit LastStepOf(Recurrent recurrent)
      : recurrent_(std::move(recurrent)), last_({.batch_first = recurrent_.options().batch_first}) {}
  LastStepOf(const RecurrentOptions& options, Rng& rng) : LastStepOf(Recurrent(options, rng)) {}

  /// Of whole sequences, which begin with zeros: [batch, num_directions * hidden_size].
  Tensor<T, 2> forward(const Tensor<T, 3>& x) const { return last_.forward(recurrent_.forward(x)); }

  Tensor<T, 2> forward(const Tensor<T, 3>& x, Context& context) {
    const detail::EmptiedByException emptied(context);
    return last_.forward(recurrent_.forward(x, context.recurrent), context.last);
  }

  /// dx. Throws ShapeError where dy does not fit the output.
  Tensor<T, 3> backward(Tensor<T, 2> dy, const Context& context) {
    return recurrent_.backward(last_.backward(std::move(dy), context.last), context.recurrent).input;
  }

  Shape<2> output_shape(const Shape<3>& x) const { return last_.output_shape(recurrent_.output_shape(x)); }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    recurrent_.visit(visitor, name);
  }

  const RecurrentOptions& options() const { return recurrent_.options(); }

 private:
  Recurrent recurrent_;
  LastStep<T> last_;
};

}  // namespace pupil
