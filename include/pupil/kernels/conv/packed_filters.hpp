#pragma once
// The weights of a convolution, packed once for many forward passes: what every pass would do anew, and of one image a
// good part of its time.

#include <memory>

#include <pupil/kernels/conv/shape.hpp>
#ifndef PUPIL_COMPILED
#include <type_traits>

#include <pupil/kernels/conv/group_operands.hpp>
#include <pupil/kernels/instruction_set.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/conv/direct/filters.hpp>
#include <pupil/kernels/isa/avx512/kernels.hpp>
#endif
#endif

namespace pupil::kernels {

namespace detail {

class DirectFilters;

}  // namespace detail

/// Empty, or the filters of a convolution as images that are read in place are multiplied by them, at the precision in
/// use when they were packed. Groups and other images find nothing in it. Copies share the filters.
template <class T>
class PackedFilters {
 public:
  PackedFilters() = default;

  /// `weight` is [K, KH, KW, C]. The shape may be that of any image.
  PackedFilters(const ConvShape& shape, const T* weight);

  /// nullptr where it is empty.
  const detail::DirectFilters* direct() const { return direct_.get(); }

 private:
  std::shared_ptr<const detail::DirectFilters> direct_;
};

#ifndef PUPIL_COMPILED
template <class T>
PackedFilters<T>::PackedFilters([[maybe_unused]] const ConvShape& shape, [[maybe_unused]] const T* weight) {
#if PUPIL_X86_KERNELS
  if constexpr (std::is_same_v<T, float>) {
    if (shape.groups != 1) return;
    constexpr const T* no_image = nullptr;
    const auto patches = detail::input_patches(shape, no_image, 0);
    const auto filters = detail::filters_of_group(shape, weight, 0);
    direct_ = std::make_shared<const detail::DirectFilters>(patches, right_operand<avx512::GemmTile>(filters));
  }
#endif
}
#endif

}  // namespace pupil::kernels
