#pragma once
// The functions whose slope is 1 where they let a number pass, and 0 elsewhere. They are written so that comparisons
// with NaN let it through, and without branches.

#include <pupil/kernels/isa/arguments/epilogue.hpp>

namespace pupil::kernels {

struct IdentityFunction {
  template <class T>
  static T value(T x) {
    return x;
  }
  template <class T>
  static bool passes(T) {
    return true;
  }
};

struct ReluFunction {
  static constexpr const char* name = "relu";
  template <class T>
  static T value(T x) {
    return x < 0 ? T{0} : x;
  }
  template <class T>
  static bool passes(T x) {
    return !(x <= 0);
  }
};

struct Relu6Function {
  static constexpr const char* name = "relu6";
  template <class T>
  static T value(T x) {
    const T above = x < 0 ? T{0} : x;
    return above > 6 ? T{6} : above;
  }
  template <class T>
  static bool passes(T x) {
    return static_cast<bool>(!(x <= 0) & !(x >= 6));  // not &&, which is a branch
  }
};

/// Calls `use` with an activation's function.
template <class Use>
decltype(auto) with_rectifier(Activation activation, const Use& use) {
  if (activation == Activation::relu6) return use(Relu6Function{});
  if (activation == Activation::relu) return use(ReluFunction{});
  return use(IdentityFunction{});
}

}  // namespace pupil::kernels
