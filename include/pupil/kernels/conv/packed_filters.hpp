#pragma once
// The weights of a convolution, packed once for many forward passes: what every pass would do anew, and of one image a
// good part of its time.

#include <type_traits>

#include <pupil/kernels/conv/group_operands.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/instruction_set.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/conv/direct/filters.hpp>
#include <pupil/kernels/isa/avx512/kernels.hpp>
#endif

namespace pupil::kernels {

/// Empty, or the filters of a convolution as images that are read in place are multiplied by them, at the precision in
/// use when they were packed. Groups and other images find nothing in it.
template <class T>
class PackedFilters {
 public:
  PackedFilters() = default;

  /// `weight` is [K, KH, KW, C]. The shape may be that of any image.
  PackedFilters([[maybe_unused]] const ConvShape& shape, [[maybe_unused]] const T* weight) {
#if PUPIL_X86_KERNELS
    if constexpr (std::is_same_v<T, float>) {
      const T* const no_image = nullptr;
      const auto patches = detail::input_patches(shape, no_image, 0);
      if (shape.groups != 1) return;
      with_right_operand<avx512::GemmTile>(detail::filters_of_group(shape, weight, 0), [&](const auto& filters) {
        direct_ = detail::DirectFilters(patches, filters);
      });
    }
#endif
  }

#if PUPIL_X86_KERNELS
  const detail::DirectFilters& direct() const { return direct_; }

 private:
  detail::DirectFilters direct_;
#endif
};

}  // namespace pupil::kernels
