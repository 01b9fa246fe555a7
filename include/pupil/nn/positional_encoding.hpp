#pragma once
// PositionalEncoding: adds to every step of a sequence numbers that say which step it is, which attention alone could
// not know. Vaswani et al., "Attention is all you need", 2017. PyTorch has it in its tutorials; dropout is a layer
// behind it.
//
//   y_t = x_t + p_t        p_t[2 i] = sin(t / 10000^(2 i / d))        p_t[2 i + 1] = cos(t / 10000^(2 i / d))        dx
//   = dy

#include <cmath>
#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct PositionalEncodingOptions {
  Index d_model = 0;         ///< the features of a step: d
  Index max_len = 5000;      ///< the most steps of a sequence, whose numbers are kept
  bool batch_first = false;  ///< sequences are [batch, time, features], not [time, batch, features]
};

/// Of sequences [time, batch, d_model], in place on what is moved in. Has no parameters.
template <class T>
class PositionalEncoding {
 public:
  struct Context {
    Shape<3> output;
    UnreadForward unread{};
  };

  /// Throws OptionError for less than one feature or step.
  explicit PositionalEncoding(const PositionalEncodingOptions& options) : options_(options) {
    require<OptionError>(options.d_model >= 1 && options.max_len >= 1, "positional_encoding: cannot number ",
                         options.max_len, " steps of ", options.d_model, " features, each must be at least 1");
    table_ = Tensor<T, 2>::uninitialized({options.max_len, options.d_model});
    for (Index t = 0; t < options.max_len; ++t) {
      for (Index i = 0; i < options.d_model; ++i) table_(t, i) = static_cast<T>(number(t, i));
    }
  }

  /// Throws ShapeError where x has other features, or more steps than max_len.
  Tensor<T, 3> forward(Tensor<T, 3> x) const {
    check(x.shape());
    const Index steps_apart = options_.batch_first ? 1 : x.dim(1);  // how many rows are of the same step
    const Index time = time_of(x.shape());
    parallel_ranges(x.rows(), rows_a_range(x.columns()), [&](Index begin, Index end) {
      for (Index r = begin; r < end; ++r) {
        const T* const position = table_.row(r / steps_apart % time);
        T* const row = x.row(r);
        for (Index i = 0; i < x.columns(); ++i) row[i] += position[i];
      }
    });
    return x;
  }

  Tensor<T, 3> forward(Tensor<T, 3> x, Context& context) const {
    check(x.shape());
    context.unread.begin("positional_encoding");
    context.output = x.shape();
    return forward(std::move(x));
  }

  /// Throws ShapeError where dy does not fit the output.
  Tensor<T, 3> backward(Tensor<T, 3> dy, const Context& context) const {
    moved_.check("positional_encoding");
    context.unread.require_forward("positional_encoding");
    require<ShapeError>(dy.shape() == context.output, "positional_encoding: the gradient ", dy.shape(),
                        " does not fit the output ", context.output);
    context.unread.end();
    return dy;
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<3> output_shape(const Shape<3>& x) const {
    check(x);
    return x;
  }

  /// Numbers are looked up and added.
  Index multiply_adds(const Shape<3>&) const { return 0; }

  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {
    moved_.check("positional_encoding");
  }

  const PositionalEncodingOptions& options() const { return options_; }

 private:
  /// Of step t, feature i.
  double number(Index t, Index i) const {
    const double power = static_cast<double>(i / 2 * 2) / static_cast<double>(options_.d_model);
    const double angle = static_cast<double>(t) / std::pow(10000., power);
    return i % 2 == 0 ? std::sin(angle) : std::cos(angle);
  }

  Index time_of(const Shape<3>& x) const { return x[options_.batch_first ? 1 : 0]; }

  void check(const Shape<3>& x) const {
    moved_.check("positional_encoding");
    require<ShapeError>(x[2] == options_.d_model, "positional_encoding: input has ", x[2],
                        " features, the layer was made for ", options_.d_model, " (input ", x, ")");
    require<ShapeError>(time_of(x) <= options_.max_len, "positional_encoding: the input has ", time_of(x),
                        " steps, the layer was made for ", options_.max_len, " (input ", x, ")");
  }

  PositionalEncodingOptions options_;
  Tensor<T, 2> table_;  // [max_len, d_model]
  MoveMark moved_;
};

}  // namespace pupil
