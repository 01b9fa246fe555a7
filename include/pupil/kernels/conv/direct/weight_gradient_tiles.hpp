#pragma once
// The tiles by which direct weight gradients are computed, with all that depends on them: how the numbers of positions
// are copied into elements. In bf16 the sum runs over pairs of positions: the same one in two images.

#include <algorithm>
#include <array>

#include <pupil/kernels/gemm/bf16_unit.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/isa/amx/weight_gradient_tile.hpp>
#include <pupil/kernels/isa/avx512/weight_gradient_tile.hpp>

namespace pupil::kernels::detail {

/// How a weight gradient's work is cut for a tile.
struct WeightGradientCut {
  Index tile_rows;          ///< a task's output channels are a multiple of these
  Index part_bytes;         ///< of a task's part of the gradient, which should stay in the second-level cache
  Index positions_at_once;  ///< about how many are taken at a time
};

/// The same line of two images: the numbers of position p begin at first + p * step, and at second + p * second_step.
struct LineOfImages {
  const float* first;
  Index step;
  const float* second;
  Index second_step;
};

/// The distances between positions in the copies of dy and of the image, how far behind the image's numbers their
/// second parts lie, and the distance of output channels in the sums.
struct WeightGradientStrides {
  Index dy, x, x_rest, sums;
};

/// sums(k, c) += sum over the positions p of all lines of dy(p, k) x(p, x_channel + c) by AVX-512, for all output
/// channels and 32 columns, or 16.
template <class Element>
void add_by_vectors(const LineOfPositions<Element>* begin, const LineOfPositions<Element>* end, Index x_channel,
                    Index columns, Index channels, float* sums, const WeightGradientStrides& strides) {
  using Tile = Avx512WeightGradientTile<2, Element>;
  using HalfTile = Avx512WeightGradientTile<1, Element>;
  for (Index k = 0; k < channels; k += Tile::rows) {
    float* const rows = sums + k * strides.sums;
    if (columns == Tile::columns) {
      Tile::add(begin, end, k, x_channel, rows, {strides.dy, strides.x, strides.sums});
    } else {
      HalfTile::add(begin, end, k, x_channel, rows, {strides.dy, strides.x, strides.sums});
    }
  }
}

/// At the highest precision.
struct FloatWeightGradientTile {
  using Element = float;
  static constexpr Index images_an_element = 1;

  /// Made before a thread adds products, and destroyed after.
  struct Work {
    explicit Work(const FloatWeightGradientTile& /*tile*/) {}
  };

  static constexpr WeightGradientCut cut() { return {.tile_rows = 8, .part_bytes = 300'000, .positions_at_once = 128}; }
  /// A line is read in steps of so many positions, from its first one on where there are several: what would be read
  /// beside the image has to be zero.
  static constexpr Index positions_a_step() { return 1; }
  /// A number of the image is kept in so many parts.
  static constexpr Index parts() { return 1; }

  /// Copies the numbers of one position, and their second parts `rest` elements further on.
  static void copy(const float* first, const float* /*second*/, Index count, float* elements, Index /*rest*/) {
    std::copy_n(first, count, elements);
  }

  /// How many elements a line of dy takes, whose positions lie `stride` apart.
  static Index size_of_dy(Index positions, Index /*channels*/, Index stride) { return positions * stride; }
  static void copy_dy(const LineOfImages& line, Index positions, Index channels, Index stride, float* elements) {
    for (Index p = 0; p < positions; ++p) std::copy_n(line.first + p * line.step, channels, elements + p * stride);
  }

  /// See add_by_vectors.
  static void add(const LineOfPositions<float>* begin, const LineOfPositions<float>* end, Index x_channel,
                  Index columns, Index channels, float* sums, const WeightGradientStrides& strides) {
    add_by_vectors(begin, end, x_channel, columns, channels, sums, strides);
  }
};

/// Below the highest precision, by what this process has for bf16.
class Bf16WeightGradientTile {
 public:
  using Element = Bf16Pair;
  static constexpr Index images_an_element = 2;

  explicit Bf16WeightGradientTile(const Bf16Unit& unit = {}) : unit_(unit), functions_(unit.functions()) {}

  struct Work : Bf16Unit::Work {
    explicit Work(const Bf16WeightGradientTile& tile) : Bf16Unit::Work(tile.unit_, AmxUnit::most_rows) {}
  };

  WeightGradientCut cut() const {
    if (unit_.is_vectors()) return {.tile_rows = 16, .part_bytes = 600'000, .positions_at_once = 128};
    return {.tile_rows = Tiles::rows, .part_bytes = 900'000, .positions_at_once = 256};
  }
  Index positions_a_step() const { return unit_.is_vectors() ? 1 : Tiles::depth_step; }
  Index parts() const { return unit_.parts(); }

  void copy(const float* first, const float* second, Index count, Bf16Pair* elements, Index rest) const {
    functions_.round_two_lines(first, second, count, elements, parts() == 2 ? elements + rest : nullptr);
  }

  Index size_of_dy(Index positions, Index channels, Index stride) const {
    if (unit_.is_vectors()) return positions * stride;
    return round_up(positions, Tiles::depth_step) * round_up(channels, Tiles::rows) * parts();
  }
  void copy_dy(const LineOfImages& line, Index positions, Index channels, Index stride, Bf16Pair* elements) const {
    if (unit_.is_vectors()) {
      for (Index p = 0; p < positions; ++p) {
        copy(line.first + p * line.step, line.second + p * line.second_step, channels, elements + p * stride, 0);
      }
      return;
    }
    for (Index k = 0; k < channels; k += Tiles::rows) {
      for (Index p = 0; p < positions; p += Tiles::depth_step, elements += parts() * Tiles::two_tiles) {
        for (Index i = 0; i < std::min(Tiles::rows, channels - k); i += 16) {
          copy_tile(line, p, positions, k + i, elements + i * Tiles::depth_step);
        }
      }
    }
  }

  void add(const LineOfPositions<Bf16Pair>* begin, const LineOfPositions<Bf16Pair>* end, Index x_channel, Index columns,
           Index channels, float* sums, const WeightGradientStrides& strides) const {
    if (unit_.is_vectors()) {
      add_by_vectors(begin, end, x_channel, columns, channels, sums, strides);
      return;
    }
    for (Index k = 0; k < channels; k += Tiles::rows) {
      add_tile(begin, end, k, x_channel, std::min(Tiles::rows, channels - k), columns, sums + k * strides.sums,
               strides);
    }
  }

 private:
  using Tiles = AmxWeightGradientTile<AmxUnit>;

  /// A tile of 16 channels of dy at 16 positions, or at as many as there are.
  void copy_tile(const LineOfImages& line, Index first, Index positions, Index channel, Bf16Pair* tile) const {
    for (Index p = first; p < first + Tiles::depth_step; ++p) {
      Bf16Pair* const row = tile + (p - first) * 16;
      if (p < positions) {
        copy(line.first + p * line.step + channel, line.second + p * line.second_step + channel, 16, row,
             Tiles::two_tiles);
      } else {
        for (Index part = 0; part < parts(); ++part) std::fill_n(row + part * Tiles::two_tiles, 16, Bf16Pair{0});
      }
    }
    for (Index part = 0; part < parts(); ++part) functions_.transpose(tile + part * Tiles::two_tiles);
  }

  /// Where a tile of AMX reaches beyond the channels, it takes a buffer.
  void add_tile(const LineOfPositions<Bf16Pair>* begin, const LineOfPositions<Bf16Pair>* end, Index channel,
                Index x_channel, Index rows, Index columns, float* sums, const WeightGradientStrides& strides) const {
    const auto add_to = [&](float* to, Index stride) {
      const AmxPositions positions{parts(), strides.x, strides.x_rest};
      if (unit_.unit == TileUnit::emulated) {
        AmxWeightGradientTile<EmulatedAmxUnit>::add(begin, end, channel / Tiles::rows, x_channel, positions, to,
                                                    stride);
      } else {
        Tiles::add(begin, end, channel / Tiles::rows, x_channel, positions, to, stride);
      }
    };
    if (rows == Tiles::rows && columns == Tiles::columns) {
      add_to(sums, strides.sums);
      return;
    }
    std::array<float, Tiles::rows * Tiles::columns> buffer{};
    for (Index k = 0; k < rows; ++k) std::copy_n(sums + k * strides.sums, columns, buffer.data() + k * Tiles::columns);
    add_to(buffer.data(), Tiles::columns);
    for (Index k = 0; k < rows; ++k) std::copy_n(buffer.data() + k * Tiles::columns, columns, sums + k * strides.sums);
  }

  Bf16Unit unit_;
  PairFunctions functions_;
};

}  // namespace pupil::kernels::detail
