#pragma once
// A model with one layer in two places, as an embedding that is the output layer too.

#include <pupil/nn/parameter.hpp>

namespace pupil::testing {

template <class Shared, class Other>
struct TiedLayers {
  Shared shared;
  Other other;

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    shared.visit(visitor, name / "first");
    other.visit(visitor, name / "other");
    shared.visit(visitor, name / "second");
  }
};
template <class Shared, class Other>
TiedLayers(Shared, Other) -> TiedLayers<Shared, Other>;

}  // namespace pupil::testing
