#pragma once
// Tables of computations that must give the same bits for any number of threads.

#include <cstddef>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>

#include "../support/thread_counts.hpp"

namespace pupil::testing {

/// Results by name, as the bytes they are: 0 is not -0 here, and a NaN is the same as itself.
class Bits {
 public:
  template <class T, std::size_t Rank>
  void add(std::string name, const Tensor<T, Rank>& tensor) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(tensor.size()) * sizeof(T));
    if (!bytes.empty()) std::memcpy(bytes.data(), tensor.data(), bytes.size());
    results_.emplace_back(std::move(name), std::move(bytes));
  }

  /// Each part of a state.
  template <class State>
  requires requires(State& state) {
    State::for_each_part([](const char*, auto&) {}, state);
  }
  void add(const std::string& name, const State& state) {
    State::for_each_part([&](const char* part, const auto& tensor) { add(name + " " + part, tensor); }, state);
  }

  /// The gradients of a layer's parameters, and its buffers.
  template <class Layer>
  void add_parts_of(Layer& layer) {
    for_each_parameter(layer, [&](const Name& name, auto& parameter) { add(name.str(), parameter.gradient); });
    for_each_buffer(layer, [&](const Name& name, auto& buffer) { add(name.str(), buffer); });
  }

  bool operator==(const Bits&) const = default;

  /// A checksum of every result, so that a failure shows which of them differ.
  friend std::ostream& operator<<(std::ostream& out, const Bits& bits) {
    for (const auto& [name, bytes] : bits.results_) {
      const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      out << name << ": " << std::hash<std::string_view>()(text) << "; ";
    }
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::vector<std::byte>>> results_;
};

/// One row: what is computed, and the computation.
struct Computation {
  std::string what;
  std::function<Bits()> compute;
};

/// Gives the number of threads back as it was, whatever is thrown.
class ThreadsAsBefore {
 public:
  ThreadsAsBefore() = default;
  ThreadsAsBefore(const ThreadsAsBefore&) = delete;
  ThreadsAsBefore& operator=(const ThreadsAsBefore&) = delete;
  ~ThreadsAsBefore() { set_num_threads(before_); }

 private:
  int before_ = num_threads();
};

/// Checks that every row gives the same bits on 1, 2 and 7 threads.
inline void check_same_bits(std::initializer_list<Computation> table) {
  const ThreadsAsBefore guard;
  for (const Computation& row : table) {
    CAPTURE(row.what);
    check_thread_counts(row.compute);
  }
}

/// A gradient for an output: numbers between -1 and 1 in no order, made faster than random ones.
template <class T, std::size_t Rank>
Tensor<T, Rank> gradient_for(const Tensor<T, Rank>& y) {
  auto dy = Tensor<T, Rank>::uninitialized(y.shape());
  for (Index i = 0; i < dy.size(); ++i) dy[i] = static_cast<T>(i * 7919 % 2003) / T{1001} - T{1};
  return dy;
}

/// A layer's training step and then its inference: output, dx, gradients of parameters, and running averages.
template <class Layer, class X>
std::function<Bits()> step_of(const Layer& layer, const X& x) {
  return [=] {
    Bits bits;
    Layer copy = layer;
    typename Layer::Context context;
    const auto y = copy.forward(x, context);
    bits.add("output", y);
    if constexpr (std::is_void_v<decltype(copy.backward(y, context))>) {
      copy.backward(gradient_for(y), context);
    } else {
      bits.add("dx", copy.backward(gradient_for(y), context));
    }
    bits.add_parts_of(copy);
    bits.add("inference", std::as_const(copy).forward(x));
    return bits;
  };
}

}  // namespace pupil::testing
