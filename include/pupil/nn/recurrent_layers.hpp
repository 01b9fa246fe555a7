#pragma once
// RecurrentLayers: recurrent layers on top of each other, over whole sequences: what Lstm and Gru are. Each layer reads
// the output of the one before it, after dropout; nothing of the last layer's output is dropped.

#include <algorithm>
#include <concepts>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/recurrent/swap_time_and_batch.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/recurrent_layer.hpp>
#include <pupil/nn/recurrent_state.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct RecurrentOptions {
  Index input_size = 0;
  Index hidden_size = 0;
  Index num_layers = 1;
  bool bias = true;
  double dropout = 0;  ///< probability of an element to be dropped between two layers, in training
  bool bidirectional = false;
  bool batch_first = false;  ///< x and output are [batch, time, features], not [time, batch, features]; states stay
};

/// What comes out of recurrent layers, or the gradient of it.
template <class T, class State>
struct RecurrentOutput {
  /// [time, batch, num_directions * hidden_size], or batch first: the last layer's hidden state after every step, that
  /// of the forward direction before that of the reverse one; zero after a sequence's end.
  Tensor<T, 3> output{};
  /// [num_layers * num_directions, batch, hidden_size]: the state after the last step of each sequence, which in the
  /// reverse direction is at its first position.
  State state{};
};

/// The gradients of what went into recurrent layers.
template <class T, class State>
struct RecurrentGradient {
  Tensor<T, 3> input;  ///< as x, zero after a sequence's end
  State initial_state;
};

/// Maps [time, batch, input_size] to [time, batch, num_directions * hidden_size], step after step; with batch_first,
/// sequence by sequence, which are turned over at the door. `Recurrence` is LstmRecurrence or GruRecurrence.
template <class Recurrence>
class RecurrentLayers {
  using T = typename Recurrence::Scalar;

 public:
  using Scalar = T;
  using State = typename Recurrence::StackState;
  using Output = RecurrentOutput<T, State>;
  using Gradient = RecurrentGradient<T, State>;

  /// What one layer of the stack keeps.
  struct LayerContext {
    typename RecurrentLayer<Recurrence>::Context layer;
    typename Dropout<T>::Context dropout;  ///< of the layer's output
  };
  struct Context {
    PackedDirections sequences;
    std::vector<LayerContext> layers;
    UnreadForward unread{};
  };

  /// All parameters uniform in +-1 / sqrt(hidden_size). Forks a generator of its own where there is dropout. Throws
  /// OptionError where a size or the number of layers is below 1, where the dropout is outside [0, 1), and where it
  /// would be between the layers of a single one.
  RecurrentLayers(const RecurrentOptions& options, Rng& rng) : options_(options) {
    require<OptionError>(options.input_size >= 1 && options.hidden_size >= 1, name, ": cannot map ", options.input_size,
                         " features to a hidden state of ", options.hidden_size, ", each must be at least 1");
    require<OptionError>(options.num_layers >= 1, name, ": num_layers is ", options.num_layers, ", not at least 1");
    require<OptionError>(options.dropout == 0 || options.num_layers >= 2, name, ": dropout between layers is ",
                         options.dropout, ", but num_layers is 1, not at least 2");
    for (Index number = 0; number < options.num_layers; ++number) {
      const Index features = number == 0 ? options.input_size : directions() * options.hidden_size;
      layers_.emplace_back(RecurrenceOptions{features, options.hidden_size, options.bias}, number,
                           options.bidirectional, rng);
    }
    if (options.dropout != 0) dropout_.emplace(DropoutOptions{.probability = options.dropout}, rng);
  }

  /// x [time, batch, input_size], beginning with the state `initial`. With `lengths`, one a sequence, from 1 to time
  /// and in any order, what comes after a sequence's end is padding: never read, and zero in the output. Throws
  /// ShapeError where x, the state or the number of lengths does not fit, IndexError where a length is out of range.
  Output forward(const Tensor<T, 3>& x, const State& initial = {}, std::span<const Index> lengths = {}) const {
    check(x.shape(), initial, lengths);
    if (!options_.batch_first) return infer(x, initial, lengths);
    Output y = infer(kernels::swap_time_and_batch(x), initial, lengths);
    y.output = kernels::swap_time_and_batch(y.output);
    return y;
  }

  Output forward(Tensor<T, 3> x, Context& context) { return forward(std::move(x), {}, {}, context); }

  Output forward(Tensor<T, 3> x, const State& initial, std::span<const Index> lengths, Context& context) {
    check(x.shape(), initial, lengths);
    const detail::EmptiedByException emptied(context);
    context.unread.begin(name);
    context.layers.clear();  // gives its memory back before more is taken
    context.layers.resize(layers_.size());
    if (options_.batch_first) x = kernels::swap_time_and_batch(x);
    context.sequences = pack_directions(x.shape(), lengths, options_.bidirectional);
    Output y{{}, detail::uninitialized_state<State>(state_shape(x.dim(1)))};
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      auto& [layer, dropout] = context.layers[i];
      layer.input = std::move(x);
      x = layers_[i].forward(layer.input, initial, context.sequences, y.state, layer);
      if (dropout_ && i + 1 < layers_.size()) x = dropout_->forward(std::move(x), dropout);
    }
    y.output = options_.batch_first ? kernels::swap_time_and_batch(x) : std::move(x);
    return y;
  }

  /// The gradients of x and of the initial state, from those of the output and of the final state; either may be left
  /// out and is then zero. Throws ShapeError where a gradient does not fit.
  Gradient backward(const Output& dy, const Context& context) {
    check_gradient(dy, context);
    context.unread.end();
    if (!options_.batch_first || dy.output.empty()) return propagate(dy.output, dy.state, context);
    return propagate(kernels::swap_time_and_batch(dy.output), dy.state, context);
  }

  /// The same where nothing but the output was used, as by AllSteps.
  template <std::same_as<Tensor<T, 3>> D>
  Gradient backward(D d_output, const Context& context) {
    return backward(Output{std::move(d_output), {}}, context);
  }

  /// The same where nothing but the last step was used, as by LastStep: from the gradient of the last layer's hidden
  /// state after it, [batch, num_directions * hidden_size].
  template <std::same_as<Tensor<T, 2>> D>
  Gradient backward(const D& d_last, const Context& context) {
    moved_.check(name);
    context.unread.require_forward(name);
    const Index batch = context.sequences[0].batch();
    const Shape<2> expected{batch, directions() * options_.hidden_size};
    require<ShapeError>(d_last.shape() == expected, name, ": the gradient ", d_last.shape(),
                        " does not fit the last step ", expected);
    Output dy;
    dy.state.hidden = Tensor<T, 3>(state_shape(batch));
    for (Index d = 0; d < directions(); ++d) {
      T* const rows = dy.state.hidden.row((dy.state.hidden.dim(0) - directions() + d) * batch);
      for (Index b = 0; b < batch; ++b) {
        std::copy_n(d_last.row(b) + d * options_.hidden_size, options_.hidden_size, rows + b * options_.hidden_size);
      }
    }
    return backward(dy, context);
  }

  /// The shape of the output for an x of this shape without lengths, or throws.
  Shape<3> output_shape(const Shape<3>& x) const {
    check(x, {}, {});
    return {x[0], x[1], options_.hidden_size * (options_.bidirectional ? 2 : 1)};
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& path = {}) {
    moved_.check(name);
    for (auto& layer : layers_) layer.visit(visitor, path);
    if (dropout_) dropout_->visit(visitor, path / "dropout");
  }

  const RecurrentOptions& options() const { return options_; }

 private:
  static constexpr const char* name = Recurrence::layer_name;

  Index time_of(const Shape<3>& x) const { return x[options_.batch_first ? 1 : 0]; }
  Index batch_of(const Shape<3>& x) const { return x[options_.batch_first ? 0 : 1]; }
  Index directions() const { return options_.bidirectional ? 2 : 1; }
  Shape<3> state_shape(Index batch) const { return {options_.num_layers * directions(), batch, options_.hidden_size}; }

  /// x step after step, and the output too.
  Output infer(const Tensor<T, 3>& x, const State& initial, std::span<const Index> lengths) const {
    const auto sequences = pack_directions(x.shape(), lengths, options_.bidirectional);
    Output y{{}, detail::uninitialized_state<State>(state_shape(x.dim(1)))};
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      typename RecurrentLayer<Recurrence>::Context unused;
      y.output = layers_[i].forward(i == 0 ? x : y.output, initial, sequences, y.state, unused);
    }
    return y;
  }

  /// From the output's gradient, step after step, through all layers.
  Gradient propagate(const Tensor<T, 3>& d_output, const State& d_state, const Context& context) {
    Gradient gradient{{}, detail::uninitialized_state<State>(state_shape(context.sequences[0].batch()))};
    Tensor<T, 3>& dx = gradient.input;  // of ever earlier layers
    for (std::size_t i = layers_.size(); i-- > 0;) {
      const auto& [layer, dropout] = context.layers[i];
      const bool last = i + 1 == layers_.size();
      if (dropout_ && !last) dx = dropout_->backward(std::move(dx), dropout);
      dx = layers_[i].backward(last ? d_output : dx, d_state, context.sequences, layer, gradient.initial_state);
    }
    if (options_.batch_first) dx = kernels::swap_time_and_batch(dx);
    return gradient;
  }

  void check(const Shape<3>& x, const State& initial, std::span<const Index> lengths) const {
    moved_.check(name);
    require<ShapeError>(x[2] == options_.input_size, name, ": input has ", x[2], " features, the layer was made for ",
                        options_.input_size, " (input ", x, ")");
    const Index time = time_of(x);
    const Index batch = batch_of(x);
    require<ShapeError>(time >= 1, name, ": the input ", x, " has no step");
    detail::check_state(name, "the initial", initial, state_shape(batch));
    if (lengths.empty()) return;
    require<ShapeError>(static_cast<Index>(lengths.size()) == batch, name, ": ", lengths.size(), " lengths for ", batch,
                        " sequences (input ", x, ")");
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      require<IndexError>(lengths[i] >= 1 && lengths[i] <= time, name, ": the length of sequence ", i, " is ",
                          lengths[i], ", not from 1 to ", time, " (input ", x, ")");
    }
  }

  void check_gradient(const Output& dy, const Context& context) const {
    moved_.check(name);
    context.unread.require_forward(name);
    require<ShapeError>(context.layers.size() == layers_.size(), name, ": the context is of ", context.layers.size(),
                        " layers, not of ", layers_.size());
    const auto& [input, traces] = context.layers[0].layer;
    const Shape sizes{input.columns(), traces[0].hiddens.columns(), traces[1].hiddens.columns() > 0 ? 2 : 1};
    const Shape own_sizes{options_.input_size, options_.hidden_size, directions()};
    require<ShapeError>(sizes == own_sizes, name, ": the context's input_size, hidden_size and directions are ", sizes,
                        ", not ", own_sizes);
    const auto& sequences = context.sequences[0];
    Shape expected{sequences.time(), sequences.batch(), directions() * options_.hidden_size};
    if (options_.batch_first) std::swap(expected[0], expected[1]);
    require<ShapeError>(detail::stands_for_zeros(dy.output) || dy.output.shape() == expected, name, ": the gradient ",
                        dy.output.shape(), " does not fit the output ", expected);
    detail::check_state(name, "the gradient of the final", dy.state, state_shape(sequences.batch()));
  }

  RecurrentOptions options_;
  std::vector<RecurrentLayer<Recurrence>> layers_;
  std::optional<Dropout<T>> dropout_;  // of every layer's output but the last one's, drawn anew each time
  MoveMark moved_;
};

}  // namespace pupil
