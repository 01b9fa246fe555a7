#pragma once
// Identity: a layer that does nothing, to stand where a layer is asked for. PyTorch's twin is nn.Identity.

#include <pupil/nn/parameter.hpp>

namespace pupil {

class Identity {
 public:
  struct Context {};

  template <class X>
  X forward(X x) const {
    return x;
  }
  template <class X>
  X forward(X x, Context&) const {
    return x;
  }
  template <class X>
  X backward(X dy, const Context&) const {
    return dy;
  }

  template <std::size_t Rank>
  Shape<Rank> output_shape(const Shape<Rank>& x) const {
    return x;
  }

  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}
};

}  // namespace pupil
