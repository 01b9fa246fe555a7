// What recurrent layers, cells, attention and length masks say of wrong options, shapes, states and lengths: both what
// was given and what was wanted.

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/additive_attention.hpp>
#include <pupil/nn/gru.hpp>
#include <pupil/nn/gru_cell.hpp>
#include <pupil/nn/length_mask.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/lstm_cell.hpp>
#include <pupil/nn/scaled_dot_product_attention.hpp>

#include "error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Lengths = std::vector<Index>;

constexpr RecurrentOptions three_to_five{.input_size = 3, .hidden_size = 5};
constexpr RecurrentOptions two_directions{.input_size = 3, .hidden_size = 5, .num_layers = 2, .bidirectional = true};

/// What every stack of recurrent layers says; `name` is how it calls itself.
template <class Layers>
void check_layer_errors(const std::string& name) {
  const auto layers = make<Layers>(three_to_five);
  const auto stack = make<Layers>(two_directions);
  const auto wider = make<Layers>(RecurrentOptions{.input_size = 3, .hidden_size = 50});
  const auto of_four = make<Layers>(RecurrentOptions{.input_size = 4, .hidden_size = 5});
  const auto bidirectional = make<Layers>(RecurrentOptions{.input_size = 3, .hidden_size = 5, .bidirectional = true});
  const auto made = [](const RecurrentOptions& options) { return made_with<Layers>(options); };
  const Sequences x({4, 2, 3});
  using Output = typename Layers::Output;
  const auto with_state = [&](const Layers& model, const Shape<3>& hidden) {
    return [&, hidden] { model.forward(x, {Sequences(hidden)}); };
  };
  const auto with_lengths = [&](Lengths lengths) {
    return [&, lengths] {
      const std::string error = error_of([&] { layers.forward(x, {}, lengths); });
      CHECK(error_of([&] {
              typename Layers::Context context;
              Layers(layers).forward(x, {}, lengths, context);
            }) == error);
      layers.forward(x, {}, lengths);
    };
  };
  check_errors({
      {"no input", made({.hidden_size = 5}), typeid(OptionError),
       name + ": cannot map 0 features to a hidden state of 5, each must be at least 1"},
      {"no hidden state", made({.input_size = 3}), typeid(OptionError),
       name + ": cannot map 3 features to a hidden state of 0, each must be at least 1"},
      {"no layers", made({.input_size = 3, .hidden_size = 5, .num_layers = 0}), typeid(OptionError),
       name + ": num_layers is 0, not at least 1"},
      {"dropout after a single layer", made({.input_size = 3, .hidden_size = 5, .dropout = 0.5}), typeid(OptionError),
       name + ": dropout between layers is 0.5, but num_layers is 1, not at least 2"},
      {"dropout of everything", made({.input_size = 3, .hidden_size = 5, .num_layers = 2, .dropout = 1}),
       typeid(OptionError), "dropout: the probability 1 is not in [0, 1)"},
      {"dropout below 0", made({.input_size = 3, .hidden_size = 5, .num_layers = 2, .dropout = -0.1}),
       typeid(OptionError), "dropout: the probability -0.1 is not in [0, 1)"},
      {"input features", every_pass(layers, Sequences({4, 2, 7})), typeid(ShapeError),
       name + ": input has 7 features, the layer was made for 3 (input [4, 2, 7])"},
      {"no step", every_pass(layers, Sequences({0, 2, 3})), typeid(ShapeError),
       name + ": the input [0, 2, 3] has no step"},
      {"features of the state", with_state(layers, {1, 2, 6}), typeid(ShapeError),
       name + ": the initial hidden state is [1, 2, 6], not [1, 2, 5]"},
      {"batch of the state", with_state(layers, {1, 3, 5}), typeid(ShapeError),
       name + ": the initial hidden state is [1, 3, 5], not [1, 2, 5]"},
      {"state of too few layers", with_state(stack, {1, 2, 5}), typeid(ShapeError),
       name + ": the initial hidden state is [1, 2, 5], not [4, 2, 5]"},
      {"state that is empty but was given", with_state(layers, {1, 0, 5}), typeid(ShapeError),
       name + ": the initial hidden state is [1, 0, 5], not [1, 2, 5]"},
      {"too many lengths", with_lengths({4, 4, 4}), typeid(ShapeError),
       name + ": 3 lengths for 2 sequences (input [4, 2, 3])"},
      {"too few lengths", with_lengths({4}), typeid(ShapeError),
       name + ": 1 lengths for 2 sequences (input [4, 2, 3])"},
      {"length of 0", with_lengths({4, 0}), typeid(IndexError),
       name + ": the length of sequence 1 is 0, not from 1 to 4 (input [4, 2, 3])"},
      {"length below 0", with_lengths({-1, 4}), typeid(IndexError),
       name + ": the length of sequence 0 is -1, not from 1 to 4 (input [4, 2, 3])"},
      {"length beyond the last step", with_lengths({5, 1}), typeid(IndexError),
       name + ": the length of sequence 0 is 5, not from 1 to 4 (input [4, 2, 3])"},
      {"features of the gradient", backward_of(layers, x, Output{Sequences({4, 2, 6})}), typeid(ShapeError),
       name + ": the gradient [4, 2, 6] does not fit the output [4, 2, 5]"},
      {"features of the gradient of both directions", backward_of(stack, x, Output{Sequences({4, 2, 5})}),
       typeid(ShapeError), name + ": the gradient [4, 2, 5] does not fit the output [4, 2, 10]"},
      {"steps of the gradient", backward_of(layers, x, Output{Sequences({3, 2, 5})}), typeid(ShapeError),
       name + ": the gradient [3, 2, 5] does not fit the output [4, 2, 5]"},
      {"gradient of the final state", backward_of(layers, x, Output{{}, {Sequences({1, 1, 5})}}), typeid(ShapeError),
       name + ": the gradient of the final hidden state is [1, 1, 5], not [1, 2, 5]"},
      {"empty context", backward_of_nothing(layers, Output{Sequences({4, 2, 5})}), typeid(ContextError),
       name + ": backward needs the context of a forward, and this one holds none"},
      {"context of fewer layers", backward_by_another(bidirectional, x, stack, Output{Sequences({4, 2, 10})}),
       typeid(ShapeError), name + ": the context is of 1 layers, not of 2"},
      {"context of another hidden state", backward_by_another(layers, x, wider, Output{Sequences({4, 2, 50})}),
       typeid(ShapeError),
       name + ": the context's input_size, hidden_size and directions are [3, 5, 1], not [3, 50, 1]"},
      {"context of another input", backward_by_another(of_four, Sequences({4, 2, 4}), layers, Output{}),
       typeid(ShapeError),
       name + ": the context's input_size, hidden_size and directions are [4, 5, 1], not [3, 5, 1]"},
      {"context of one direction", backward_by_another(layers, x, bidirectional, Output{Sequences({4, 2, 10})}),
       typeid(ShapeError),
       name + ": the context's input_size, hidden_size and directions are [3, 5, 1], not [3, 5, 2]"},
      {"context of both directions", backward_by_another(bidirectional, x, layers, Output{Sequences({4, 2, 5})}),
       typeid(ShapeError),
       name + ": the context's input_size, hidden_size and directions are [3, 5, 2], not [3, 5, 1]"},
  });
}

/// What every cell says.
template <class Cell>
void check_cell_errors(const std::string& name) {
  using Options = RecurrenceOptions;
  using State = typename Cell::State;
  const auto cell = make<Cell>(Options{.input_size = 3, .hidden_size = 5});
  const auto wider = make<Cell>(Options{.input_size = 3, .hidden_size = 50});
  const auto of_four = make<Cell>(Options{.input_size = 4, .hidden_size = 5});
  const Rows x({2, 3});
  const auto with_state = [&](const Shape<2>& hidden) {
    return [&, hidden] {
      const std::string error = error_of([&] { cell.forward(x, {Rows(hidden)}); });
      CHECK(error_of([&] {
              typename Cell::Context context;
              cell.forward(x, {Rows(hidden)}, context);
            }) == error);
      cell.forward(x, {Rows(hidden)});
    };
  };
  check_errors({
      {"no input", made_with<Cell>(Options{.hidden_size = 5}), typeid(OptionError),
       name + ": cannot map 0 features to a hidden state of 5, each must be at least 1"},
      {"no hidden state", made_with<Cell>(Options{.input_size = 3}), typeid(OptionError),
       name + ": cannot map 3 features to a hidden state of 0, each must be at least 1"},
      {"input features", every_pass(cell, Rows({2, 7})), typeid(ShapeError),
       name + ": input has 7 features, the layer was made for 3 (input [2, 7])"},
      {"features of the state", with_state({2, 4}), typeid(ShapeError),
       name + ": the hidden state is [2, 4], not [2, 5]"},
      {"batch of the state", with_state({3, 5}), typeid(ShapeError), name + ": the hidden state is [3, 5], not [2, 5]"},
      {"gradient", backward_of(cell, x, State{Rows({1, 5})}), typeid(ShapeError),
       name + ": the gradient of the hidden state is [1, 5], not [2, 5]"},
      {"empty context", backward_of_nothing(cell, State{Rows({2, 5})}), typeid(ContextError),
       name + ": backward needs the context of a forward, and this one holds none"},
      {"empty context and no gradient", backward_of_nothing(cell, State{}), typeid(ContextError),
       name + ": backward needs the context of a forward, and this one holds none"},
      {"context of another hidden state", backward_by_another(cell, x, wider, State{Rows({2, 50})}), typeid(ShapeError),
       name + ": the context's input_size and hidden_size are [3, 5], not [3, 50]"},
      {"context of another input", backward_by_another(of_four, Rows({2, 4}), cell, State{Rows({2, 5})}),
       typeid(ShapeError), name + ": the context's input_size and hidden_size are [4, 5], not [3, 5]"},
  });
}

}  // namespace

TEST_CASE("recurrent layers name both sides of every error") {
  check_layer_errors<Lstm<float>>("lstm");
  check_layer_errors<Gru<float>>("gru");
}

TEST_CASE("cells name both sides of every error") {
  check_cell_errors<LstmCell<float>>("lstm_cell");
  check_cell_errors<GruCell<float>>("gru_cell");
}

TEST_CASE("the cell state of an LSTM has an error of its own") {
  const auto lstm = make<Lstm<float>>(three_to_five);
  const auto cell = make<LstmCell<float>>(LstmCellOptions{.input_size = 3, .hidden_size = 5});
  const Sequences hidden({1, 2, 5});
  check_errors({
      {"initial cell state",
       [&] {
         lstm.forward(Sequences({4, 2, 3}), {hidden, Sequences({1, 3, 5})});
       },
       typeid(ShapeError), "lstm: the initial cell state is [1, 3, 5], not [1, 2, 5]"},
      {"gradient of the final cell state",
       backward_of(lstm, Sequences({4, 2, 3}), LstmOutput<float>{{}, {hidden, Sequences({1, 1, 5})}}),
       typeid(ShapeError), "lstm: the gradient of the final cell state is [1, 1, 5], not [1, 2, 5]"},
      {"cell state of one step",
       [&] {
         cell.forward(Rows({2, 3}), {{}, Rows({2, 4})});
       },
       typeid(ShapeError), "lstm_cell: the cell state is [2, 4], not [2, 5]"},
      {"gradient of the cell state of one step", backward_of(cell, Rows({2, 3}), LstmState<float, 2>{{}, Rows({3, 5})}),
       typeid(ShapeError), "lstm_cell: the gradient of the cell state is [3, 5], not [2, 5]"},
  });
}

TEST_CASE("additive attention names both sides of every error") {
  using Attention = AdditiveAttention<float>;
  using Options = AdditiveAttentionOptions;
  const auto attention = make<Attention>(Options{.query_size = 3, .key_size = 4, .attention_size = 5});
  const auto other = make<Attention>(Options{.query_size = 3, .key_size = 4, .attention_size = 8});
  const auto of_nine = make<Attention>(Options{.query_size = 9, .key_size = 4, .attention_size = 5});
  const Rows queries({2, 3});
  const Sequences keys({2, 6, 5});
  const Sequences values({2, 6, 7});
  const auto forward = [&](const Rows& q, const Sequences& k, const Sequences& v, const Mask& mask = {}) {
    return [&, q, k, v, mask] {
      const std::string error = error_of([&] { attention.forward(q, k, v, mask); });
      CHECK(error_of([&] {
              Attention::Context context;
              Attention(attention).forward(q, k, v, mask, context);
            }) == error);
      attention.forward(q, k, v, mask);
    };
  };
  struct Gradients {
    Rows output{{2, 7}}, weights{};
    Sequences keys{{2, 6, 5}}, values{{2, 6, 7}};
  };
  const auto backward = [&](const Sequences& k, const Sequences& v, const Gradients& gradients) {
    return [&, k, v, gradients] {
      Attention::Context context;
      Attention copy = attention;
      copy.forward(queries, keys, values, {}, context);
      auto [output, weights, d_keys, d_values] = gradients;
      copy.backward({output, weights}, k, v, context, d_keys, d_values);
    };
  };
  const auto backward_with_context = [&](const Attention::Context& context) {
    return [&, context] {
      Gradients gradients;
      Attention(attention).backward({gradients.output}, keys, values, context, gradients.keys, gradients.values);
    };
  };
  Attention::Context of_eight;
  Attention(other).forward(queries, Sequences({2, 6, 8}), values, {}, of_eight);
  Attention::Context of_nine_features;
  Attention(of_nine).forward(Rows({2, 9}), keys, values, {}, of_nine_features);
  check_errors({
      {"no query", made_with<Attention>(Options{.key_size = 4, .attention_size = 5}), typeid(OptionError),
       "additive_attention: cannot compare queries of 0 features with keys of 4 over 5, each must be at least 1"},
      {"no key", made_with<Attention>(Options{.query_size = 3, .attention_size = 5}), typeid(OptionError),
       "additive_attention: cannot compare queries of 3 features with keys of 0 over 5, each must be at least 1"},
      {"no attention", made_with<Attention>(Options{.query_size = 3, .key_size = 4}), typeid(OptionError),
       "additive_attention: cannot compare queries of 3 features with keys of 4 over 0, each must be at least 1"},
      {"features of the keys",
       [&] {
         attention.project_keys(Sequences({2, 6, 3}));
       },
       typeid(ShapeError), "dense: input has 3 features, the layer was made for 4 (input [2, 6, 3])"},
      {"features of the queries", forward(Rows({2, 4}), keys, values), typeid(ShapeError),
       "dense: input has 4 features, the layer was made for 3 (input [2, 4])"},
      {"keys that are not projected", forward(queries, Sequences({2, 6, 4}), values), typeid(ShapeError),
       "additive_attention: the projected keys [2, 6, 4] are not [2, 6, 5] (2 queries, values [2, 6, 7])"},
      {"positions of the keys", forward(queries, Sequences({2, 5, 5}), values), typeid(ShapeError),
       "additive_attention: the projected keys [2, 5, 5] are not [2, 6, 5] (2 queries, values [2, 6, 7])"},
      {"batch of the values", forward(queries, keys, Sequences({3, 6, 7})), typeid(ShapeError),
       "additive_attention: the values [3, 6, 7] do not fit 2 queries"},
      {"no positions", forward(queries, Sequences({2, 0, 5}), Sequences({2, 0, 7})), typeid(ShapeError),
       "additive_attention: the values [2, 0, 7] have no position"},
      {"mask", forward(queries, keys, values, Mask({6, 2})), typeid(ShapeError),
       "additive_attention: the mask [6, 2] is not [2, 6]"},
      {"mask that is empty but was given", forward(queries, keys, values, Mask({2, 0})), typeid(ShapeError),
       "additive_attention: the mask [2, 0] is not [2, 6]"},
      {"gradient of the output", backward(keys, values, {.output = Rows({2, 6})}), typeid(ShapeError),
       "additive_attention: the gradient [2, 6] does not fit the output [2, 7]"},
      {"gradient of the weights", backward(keys, values, {.weights = Rows({2, 5})}), typeid(ShapeError),
       "additive_attention: the gradient [2, 5] does not fit the weights [2, 6]"},
      {"sum for the keys' gradient", backward(keys, values, {.keys = Sequences({2, 5, 5})}), typeid(ShapeError),
       "additive_attention: the gradient [2, 5, 5] does not fit the projected keys [2, 6, 5]"},
      {"sum for the values' gradient", backward(keys, values, {.values = Sequences({2, 6, 6})}), typeid(ShapeError),
       "additive_attention: the gradient [2, 6, 6] does not fit the values [2, 6, 7]"},
      {"keys of another forward pass", backward(Sequences({2, 9, 5}), values, {.keys = Sequences({2, 9, 5})}),
       typeid(ShapeError), "additive_attention: the projected keys [2, 9, 5] are not [2, 6, 5], as in forward"},
      {"values of another forward pass", backward(keys, Sequences({2, 9, 7}), {.values = Sequences({2, 9, 7})}),
       typeid(ShapeError), "additive_attention: the values [2, 9, 7] do not fit the weights [2, 6]"},
      {"gradient of the projected keys",
       [&] {
         Attention copy = attention;
         Attention::KeysContext context;
         copy.project_keys(Sequences({2, 6, 4}), context);
         copy.backward_keys(Sequences({2, 6, 4}), context);
       },
       typeid(ShapeError), "dense: the gradient [2, 6, 4] does not fit the output [12, 5]"},
      {"empty context", backward_with_context({}), typeid(ContextError),
       "additive_attention: backward needs the context of a forward, and this one holds none"},
      {"context of another attention", backward_with_context(of_eight), typeid(ShapeError),
       "additive_attention: the context's attention_size is 8, not 5"},
      {"context of other queries", backward_with_context(of_nine_features), typeid(ShapeError),
       "dense: the context has 9 features, the layer was made for 3"},
  });
}

TEST_CASE("scaled dot product attention names both sides of every error") {
  const ScaledDotProductAttention<float> attention;
  const auto input = [](const Shape<3>& queries, const Shape<3>& keys, const Shape<3>& values) {
    return AttentionInput<float>{Sequences(queries), Sequences(keys), Sequences(values)};
  };
  const auto forward = [&](const Shape<3>& queries, const Shape<3>& keys, const Shape<3>& values) {
    return every_pass(attention, input(queries, keys, values));
  };
  const auto fitting = input({2, 3, 4}, {2, 5, 4}, {2, 5, 1});
  check_errors({
      {"queries without features", forward({2, 3, 0}, {2, 5, 0}, {2, 5, 1}), typeid(ShapeError),
       "scaled_dot_product_attention: the queries [2, 3, 0] have no features"},
      {"no keys", forward({2, 3, 4}, {2, 0, 4}, {2, 0, 1}), typeid(ShapeError),
       "scaled_dot_product_attention: the keys [2, 0, 4] have no position"},
      {"features of the keys", forward({2, 3, 4}, {2, 5, 3}, {2, 5, 1}), typeid(ShapeError),
       "scaled_dot_product_attention: the keys [2, 5, 3] do not fit the queries [2, 3, 4]"},
      {"batch of the keys", forward({2, 3, 4}, {3, 5, 4}, {3, 5, 1}), typeid(ShapeError),
       "scaled_dot_product_attention: the keys [3, 5, 4] do not fit the queries [2, 3, 4]"},
      {"positions of the values", forward({2, 3, 4}, {2, 5, 4}, {2, 4, 1}), typeid(ShapeError),
       "scaled_dot_product_attention: the values [2, 4, 1] do not fit the keys [2, 5, 4]"},
      {"batch of the values", forward({2, 3, 4}, {2, 5, 4}, {1, 5, 1}), typeid(ShapeError),
       "scaled_dot_product_attention: the values [1, 5, 1] do not fit the keys [2, 5, 4]"},
      {"mask for all queries",
       [&] {
         attention.forward(fitting, Mask({2, 3}));
       },
       typeid(ShapeError), "scaled_dot_product_attention: the mask [2, 3] is not [2, 5]"},
      {"mask for each query",
       [&] {
         attention.forward(fitting, Tensor<bool, 3>({2, 5, 3}));
       },
       typeid(ShapeError), "scaled_dot_product_attention: the mask [2, 5, 3] is not [2, 3, 5]"},
      {"mask that is empty but was given",
       [&] {
         ScaledDotProductAttention<float>::Context context;
         attention.forward(fitting, Mask({0, 5}), context);
       },
       typeid(ShapeError), "scaled_dot_product_attention: the mask [0, 5] is not [2, 5]"},
      {"gradient", backward_of(attention, fitting, Sequences({2, 3, 4})), typeid(ShapeError),
       "scaled_dot_product_attention: the gradient [2, 3, 4] does not fit the output [2, 3, 1]"},
      {"empty context", backward_of_nothing(attention, Sequences({2, 3, 1})), typeid(ContextError),
       "scaled_dot_product_attention: backward needs the context of a forward, and this one holds none"},
  });
}

TEST_CASE("length masks name both sides of every error") {
  const Lengths lengths{2, 4, -1};
  const Lengths too_long{2, 4};
  check_errors({
      {"length beyond the last step", [&] { steps_within(lengths, 3); }, typeid(IndexError),
       "length mask: sequence 1 has the length 4, there are 3 steps"},
      {"length below 0", [&] { steps_within(lengths, 4); }, typeid(IndexError),
       "length mask: sequence 2 has the length -1, there are 4 steps"},
      {"length beyond the last position", [&] { positions_within(lengths, 3); }, typeid(IndexError),
       "length mask: sequence 1 has the length 4, there are 3 steps"},
      {"length beyond the last target",
       [&] {
         masked_targets(Tensor<std::int32_t, 2>({3, 2}), too_long);
       },
       typeid(IndexError), "length mask: sequence 1 has the length 4, there are 3 steps"},
      {"number of lengths",
       [&] {
         masked_targets(Tensor<std::int32_t, 2>({5, 2}), lengths);
       },
       typeid(ShapeError), "length mask: 3 lengths for targets [5, 2]"},
  });
}
