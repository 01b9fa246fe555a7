#pragma once
// How precisely products of floats are computed, under PyTorch's three names.
//
//   highest  fp32
//   high     each number as the sum of two bf16, hi + lo; the product as hi hi + hi lo + lo hi, summed in fp32
//   medium   each number as one bf16, summed in fp32
//
// What is stored stays fp32: weights, gradients, the optimizer's state. So does all that is not a matrix product or a
// convolution, and of these depthwise convolutions and, unless their weights are packed (gemm/packed_weights.hpp), the
// steps of recurrent layers for few rows. `high` needs AMX. `medium` needs AMX or AVX-512 with bf16, which has twice
// the rate of fp32, so that the three products of `high` would take longer than one of fp32. Elsewhere, and for
// doubles, both are the highest.

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

#include <pupil/kernels/instruction_set.hpp>

namespace pupil {

/// The precision of matrix products and convolutions of floats.
enum class Precision { highest, high, medium };

/// The names of precisions, in their order.
inline constexpr std::array<std::string_view, 3> precision_names{"highest", "high", "medium"};

/// "highest", "high" or "medium".
inline std::string_view precision_name(Precision precision) {
  return precision_names[static_cast<std::size_t>(precision)];
}

namespace detail {
/// Read by the threads of a parallel_for, so it is one for the whole process.
inline std::atomic<Precision> chosen_precision{Precision::highest};
}  // namespace detail

/// Sets the precision of all products that begin from here on, in all threads.
inline void set_precision(Precision precision) { detail::chosen_precision.store(precision, std::memory_order_relaxed); }

/// What was set last; at first the highest.
inline Precision precision() { return detail::chosen_precision.load(std::memory_order_relaxed); }

/// What products of floats have on this machine: `precision()`, or the highest where nothing computes that one faster.
inline Precision precision_in_use() {
  const Precision wanted = precision();
  if (tile_unit() == TileUnit::none) return Precision::highest;
  if (tile_unit() == TileUnit::vectors && wanted == Precision::high) return Precision::highest;
  return wanted;
}

/// Sets the precision for as long as it lives, and then the one before. Like `set_precision` it is for the whole
/// process: two of them must not overlap in different threads.
///
///     const PrecisionScope scope(Precision::medium);
///     net.backward(dy, context);
class PrecisionScope {
 public:
  explicit PrecisionScope(Precision precision) : before_(pupil::precision()) { set_precision(precision); }
  ~PrecisionScope() { set_precision(before_); }
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  Precision before_;
};

}  // namespace pupil
