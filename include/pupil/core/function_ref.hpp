#pragma once
// FunctionRef: a function to call that someone else owns, as C++26's std::function_ref. Code that takes one is compiled
// once, not once for every lambda.

#include <memory>
#include <type_traits>
#include <utility>

#include <pupil/core/cpp20.hpp>

namespace pupil {

template <class Signature>
class FunctionRef;

/// Refers to an object that can be called; it must outlive the reference, as an argument's temporary
/// outlives the call.
template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  /// Refers to anything that can be called so.
  template <class Function>
  requires(!std::is_same_v<std::remove_cvref_t<Function>, FunctionRef> &&
           std::is_invocable_r_v<Result, Function&, Arguments...>)
      FunctionRef(Function&& function)  // NOLINT(google-explicit-constructor): a lambda is given where one is asked for
      : object_(const_cast<void*>(static_cast<const volatile void*>(std::addressof(function)))),
        call_([](void* object, Arguments... arguments) -> Result {
          return (*static_cast<std::remove_reference_t<Function>*>(object))(std::forward<Arguments>(arguments)...);
        }) {}

  Result operator()(Arguments... arguments) const { return call_(object_, std::forward<Arguments>(arguments)...); }

 private:
  void* object_;
  Result (*call_)(void*, Arguments...);
};

}  // namespace pupil
