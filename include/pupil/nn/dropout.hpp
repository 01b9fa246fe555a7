#pragma once
// Dropout: in training every element is dropped with probability p, and what stays is scaled so that the expectation
// stays too. Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout", 2014. PyTorch's twin is nn.Dropout.
//
//   y = m x / (1 - p)        dx = m dy / (1 - p)        m = 0 with probability p, else 1
//
// Each forward pass draws a key from the layer's own generator; whether an element stays is a function of that key and
// its position, the same for any number of threads.

#include <utility>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/bit_mask.hpp>
#include <pupil/kernels/pointwise/random_mask.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct DropoutOptions {
  double probability = 0.5;  ///< of an element to be dropped
};

/// Of tensors of any rank, in place on what is moved in. Inference is the identity.
template <class T>
class Dropout {
 public:
  struct Context {
    kernels::BitMask kept;  ///< one bit an element
    UnreadForward unread{};
  };

  /// Forks a generator of its own. Throws OptionError where the probability is outside [0, 1).
  Dropout(const DropoutOptions& options, Rng& rng) : options_(options), generator_(rng.fork()) {
    require<OptionError>(options.probability >= 0 && options.probability < 1, "dropout: the probability ",
                         options.probability, " is not in [0, 1)");
  }

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x) const {
    return x;
  }

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x, Context& context) {
    context.unread.begin("dropout");
    if (context.kept.size() != x.size()) context.kept = kernels::BitMask(x.size());
    kernels::draw_mask(context.kept, options_.probability, {generator_.next(), generator_.next()});
    kernels::apply_mask(context.kept, scale(), x.data());
    return x;
  }

  /// Throws ShapeError where dy has not as many elements as the output had.
  template <std::size_t Rank>
  Tensor<T, Rank> backward(Tensor<T, Rank> dy, const Context& context) const {
    context.unread.require_forward("dropout");
    require<ShapeError>(dy.size() == context.kept.size(), "dropout: the gradient ", dy.shape(),
                        " does not fit the output of ", context.kept.size(), " elements");
    context.unread.end();
    kernels::apply_mask(context.kept, scale(), dy.data());
    return dy;
  }

  template <std::size_t Rank>
  Shape<Rank> output_shape(const Shape<Rank>& x) const {
    return x;
  }

  /// The generator is state: a checkpoint that holds it goes on with the same masks.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "generator", generator_);
  }

  const DropoutOptions& options() const { return options_; }

 private:
  T scale() const { return static_cast<T>(1 / (1 - options_.probability)); }

  DropoutOptions options_;
  Rng generator_;
};

}  // namespace pupil
