#pragma once
// The tiles by which direct convolutions are computed, with all that depends on them: how numbers are copied and packed
// into elements, and how many positions make a group.

#include <algorithm>
#include <array>

#include <pupil/kernels/gemm/bf16_unit.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/isa/amx/direct_tile.hpp>
#include <pupil/kernels/isa/avx512/direct_tile.hpp>

namespace pupil::kernels::detail {

/// How many groups a task of vectors has, about, and how many elements a step of its sum, at most. A panel of weights
/// then stays in the second-level cache while all groups use it, and sums are read and written a few times only. With
/// 16 and 192, for which panels fit into the first, ResNet-18's convolutions took a tenth longer (AMD EPYC of the fifth
/// generation).
inline constexpr Index vector_groups = 48;
inline constexpr Index longest_vector_step = 576;
/// Those of AMX: see wanted_groups.
inline constexpr Index fewest_amx_groups = 16;
inline constexpr Index longest_amx_step = 192;
/// Of how many columns weights are packed at a time, at most.
inline constexpr Index packed_columns = 128;

/// At the highest precision.
struct FloatDirectTile : Avx512DirectTile<float> {
  using Element = float;
  static constexpr Index numbers_an_element = 1;

  /// Made before a thread multiplies groups of so many rows, and destroyed after.
  struct Work {
    Work(const FloatDirectTile& /*tile*/, Index /*group_rows*/) {}
  };

  /// About how many groups of so many positions a task has: enough to use a panel of weights several times while it is
  /// near.
  static constexpr Index wanted_groups(Index /*group*/) { return vector_groups; }
  /// A step of the sum has so many elements at most.
  static constexpr Index longest_step() { return longest_vector_step; }
  /// How many elements a pixel of so many channels has.
  static constexpr Index elements(Index channels) { return channels; }
  /// A step of the sum has a multiple of so many elements.
  static constexpr Index depth_step() { return 1; }
  /// A number is kept in so many parts.
  static constexpr Index parts() { return 1; }

  /// Copies numbers to elements, and their second parts `rest` elements further on.
  static void copy(const float* numbers, Index count, float* elements, Index /*rest*/) {
    std::copy_n(numbers, count, elements);
  }

  /// Packs the elements [first, first + depth) of a sum over pixels of so many channels.
  static void pack(const RightOperand<float>& operand, Index /*channels*/, Index first_column, Index last_column,
                   Index first, Index depth, float* panels, Index /*rest*/) {
    operand.pack(first_column, last_column, first, depth, panels);
  }
};

/// Below the highest precision, by what this process has for bf16.
class Bf16DirectTile {
 public:
  using Element = Bf16Pair;
  static constexpr Index numbers_an_element = 2;
  static constexpr Index columns = 32;
  static constexpr bool needs_all_columns = true;
  static constexpr Index most_group_rows = AmxUnit::most_rows;

  explicit Bf16DirectTile(const Bf16Unit& unit = {}) : unit_(unit), functions_(unit.functions()) {}

  struct Work : Bf16Unit::Work {
    Work(const Bf16DirectTile& tile, Index group_rows) : Bf16Unit::Work(tile.unit_, group_rows) {}
  };

  /// AMX multiplies a row a cycle, so groups may have any number of them.
  Index best_group(Index width) const {
    if (unit_.is_vectors()) return Vectors::best_group(width);
    const Index groups = (width + most_group_rows - 1) / most_group_rows;
    return (width + groups - 1) / groups;
  }
  /// By tiles of AMX memory falls behind sooner, so they use what is near for more positions.
  Index wanted_groups(Index group) const {
    return unit_.is_vectors() ? vector_groups : std::max(fewest_amx_groups, 256 / group);
  }
  Index longest_step() const { return unit_.is_vectors() ? longest_vector_step : longest_amx_step; }
  Index elements(Index channels) const { return round_up((channels + 1) / 2, depth_step()); }
  Index depth_step() const { return unit_.is_vectors() ? 1 : AmxDirectTile<AmxUnit>::depth_step; }
  Index parts() const { return unit_.parts(); }

  void copy(const float* numbers, Index count, Bf16Pair* elements, Index rest) const {
    functions_.round_line(numbers, count, elements, unit_.parts() == 2 ? elements + rest : nullptr);
  }

  void pack(const RightOperand<float>& operand, Index channels, Index first_column, Index last_column, Index first,
            Index depth, Bf16Pair* panels, Index rest) const {
    std::array<float, 2 * pairs_at_once * packed_columns> numbers;
    for (Index packed = 0; packed < depth;) {
      const Index pixel = (first + packed) / elements(channels);
      const Index within = first + packed - pixel * elements(channels);
      const Index pairs = std::min({pairs_at_once, elements(channels) - within, depth - packed});
      const Index rows = std::clamp<Index>(channels - 2 * within, 0, 2 * pairs);
      operand.pack(first_column, last_column, pixel * channels + 2 * within, rows, numbers.data());
      for (Index column = 0; column < last_column - first_column; column += columns) {
        round_rows(numbers.data() + column * rows, rows, pairs, panels + column * depth + packed * columns, rest);
      }
      packed += pairs;
    }
  }

  DirectMultiply<Bf16Pair> multiply_of(Index rows, Index columns_used) const {
    if (unit_.is_vectors()) return Vectors::multiply_of(rows, columns_used);
    return unit_.unit == TileUnit::emulated ? AmxDirectTile<EmulatedAmxUnit>::multiply
                                            : AmxDirectTile<AmxUnit>::multiply;
  }

 private:
  using Vectors = Avx512DirectTile<Bf16Pair>;
  static constexpr Index pairs_at_once = 16;

  /// Rows 2i and 2i + 1 make the pairs of row i; beyond `count` rows there are zeros.
  void round_rows(const float* rows, Index count, Index pairs, Bf16Pair* panel, Index rest) const {
    constexpr std::array<float, columns> zeros{};
    for (Index i = 0; i < pairs; ++i, panel += columns) {
      const float* const even = 2 * i < count ? rows + 2 * i * columns : zeros.data();
      const float* const odd = 2 * i + 1 < count ? rows + (2 * i + 1) * columns : zeros.data();
      for (Index column = 0; column < columns; column += 16) {
        Bf16Pair* const to = panel + column;
        functions_.round(even + column, odd + column, true, to, unit_.parts() == 2 ? to + rest : nullptr);
      }
    }
  }

  Bf16Unit unit_;
  PairFunctions functions_;
};

}  // namespace pupil::kernels::detail
