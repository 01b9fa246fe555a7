#pragma once
// The weights of a direct convolution, packed beforehand for many images: which tiles read them, and their panels.

#include <optional>

#include <pupil/kernels/conv/direct/image_part.hpp>
#include <pupil/kernels/conv/direct/products.hpp>
#include <pupil/kernels/conv/direct/tiles.hpp>
#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/precision.hpp>

namespace pupil::kernels::detail {

/// Whether there is enough to add up at every position for reading images in place to pay.
inline bool has_long_runs(const Patches<float>& patches) { return patches.columns >= 16; }

/// Whether pixels leave less than a fifth of a tile's elements empty.
template <class Tile>
bool fills_elements(const Patches<float>& patches, const Tile& tile) {
  return 5 * patches.channels >= 4 * Tile::numbers_an_element * tile.elements(patches.channels);
}

/// Whether the taps of a line can be gathered, and leave less than two fifths empty.
inline bool gathers_taps(const Patches<float>& patches, const Bf16DirectTile& tile) {
  const Index numbers = patches.horizontal.count * patches.channels;
  return patches.horizontal.offset_step == 1 && numbers >= fewest_gathered && numbers <= most_gathered &&
         5 * numbers >= 3 * Bf16DirectTile::numbers_an_element * tile.elements(numbers);
}

/// Calls `use(patches, source)` with the patches as the tile reads them, and where these are gathered, with what they
/// are gathered from, else nullptr; or returns false, where they would leave too much empty.
template <class Use>
bool with_filled_elements(const Patches<float>& patches, const Bf16DirectTile& tile, const Use& use) {
  constexpr const Patches<float>* no_source = nullptr;
  if (fills_elements(patches, tile)) {
    use(patches, no_source);
    return true;
  }
  if (!gathers_taps(patches, tile)) return false;
  use(with_gathered_taps(patches), &patches);
  return true;
}

/// Empty, or a right operand as direct convolutions read it at the precision in use when it was packed.
class DirectFilters {
 public:
  DirectFilters() = default;

  /// Of patches only what does not depend on the extents of images is read.
  DirectFilters(const Patches<float>& patches, const RightOperand<float>& right) : precision_(precision_in_use()) {
    if (precision_ != Precision::highest) {
      const Bf16DirectTile tile;
      const bool is_packed = with_filled_elements(
          patches, tile, [&](const auto& filled, const auto* /*source*/) { pairs_.emplace(right, filled, tile); });
      if (is_packed || tile_unit() != TileUnit::vectors) return;
    }
    floats_.emplace(right, patches, FloatDirectTile{});
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
