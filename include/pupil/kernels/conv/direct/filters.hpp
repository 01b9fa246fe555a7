#pragma once
// The weights of a direct convolution, packed beforehand for many images: which tiles read them, and their panels.

#include <optional>

#include <pupil/kernels/conv/direct/image_part.hpp>
#include <pupil/kernels/conv/direct/products.hpp>
#include <pupil/kernels/conv/direct/tiles.hpp>
#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/conv/plan.hpp>
#include <pupil/kernels/precision.hpp>

namespace pupil::kernels::detail {

/// Empty, or a right operand as direct convolutions read it at the precision in use when it was packed.
class DirectFilters {
 public:
  DirectFilters() = default;

  /// Of patches only what does not depend on the extents of images is read.
  DirectFilters(const Patches<float>& patches, const RightOperand<float>& right) : precision_(precision_in_use()) {
    switch (plan_filters(patches)) {
      case FilterForm::none:
        break;
      case FilterForm::floats:
        floats_.emplace(right, patches, FloatDirectTile{});
        break;
      case FilterForm::pairs:
        pairs_.emplace(right, patches, Bf16DirectTile{});
        break;
      case FilterForm::gathered_pairs:
        pairs_.emplace(right, with_gathered_taps(patches), Bf16DirectTile{});
        break;
    }
  }

  /// What each tile reads at the precision in use, or nullptr.
  const DirectWeights<Bf16DirectTile>* pairs() const { return pairs_ && is_current() ? &*pairs_ : nullptr; }
  const DirectWeights<FloatDirectTile>* floats() const { return floats_ && is_current() ? &*floats_ : nullptr; }

 private:
  bool is_current() const { return precision_ == precision_in_use(); }

  Precision precision_ = Precision::highest;
  std::optional<DirectWeights<Bf16DirectTile>> pairs_;
  std::optional<DirectWeights<FloatDirectTile>> floats_;
};

}  // namespace pupil::kernels::detail
