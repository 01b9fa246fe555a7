#pragma once
// Which algorithm computes a convolution: a pure function of its shape, the instructions and the precision, and the
// only place where that is decided.
//
//                    algorithm       used where
//   every pass       depthwise       every output channel reads one input channel
//                    winograd        3 x 3 taps, stride 1, whole registers of channels, many pixels; highest precision
//   forward          in_place        AVX-512, at least 16 terms, lines that groups of positions fill
//   data gradient    joined_phases   a strided convolution of few channels, so that one product multiplies less
//                    phases          any other; each phase is a product of patches, in place as those of forward
//   weight gradient  in_place        AVX-512, channels in whole tiles, more than one tap or a stride
//                    stem            AVX-512, fewer than 16 input channels
//   every pass       patches         what is left: a product of patches that are packed on the way (gemm/gemm.hpp)
//
// In place means that tiles read the image where it lies (conv/direct/conv2d.hpp), of floats or, below the highest
// precision, of pairs of bf16.

#include <array>
#include <cstdlib>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>

#include <pupil/kernels/conv/group_operands.hpp>
#include <pupil/kernels/conv/joined_phases.hpp>
#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/conv/phases.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/instruction_set.hpp>
#include <pupil/kernels/isa/arguments/winograd.hpp>
#include <pupil/kernels/isa/backend.hpp>
#include <pupil/kernels/precision.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/conv/direct/tiles.hpp>
#endif

namespace pupil::kernels {

namespace detail {

/// Not where the environment variable PUPIL_WINOGRAD is "off", for sums that are as exact as direct ones.
inline bool winograd_is_allowed() {
  static const bool is_off = [] {
    const char* const wish = std::getenv("PUPIL_WINOGRAD");
    return wish != nullptr && std::string_view(wish) == "off";
  }();
  return !is_off;
}

}  // namespace detail

/// What a convolution may be computed with: by default what this process uses.
struct ComputeSettings {
  InstructionSet instructions = pupil::instruction_set();
  TileUnit bf16_unit = pupil::tile_unit();
  Precision precision = precision_in_use();
  bool allows_winograd = detail::winograd_is_allowed();

  /// What this process computes numbers of T with: doubles by portable code.
  template <class T>
  static ComputeSettings of() {
    if constexpr (std::is_same_v<T, float>) return {};
    return {InstructionSet::portable, TileUnit::none, Precision::highest, false};
  }
};

enum class ConvAlgorithm { patches, in_place, in_place_bf16, phases, joined_phases, stem, winograd, depthwise };

inline std::string_view algorithm_name(ConvAlgorithm algorithm) {
  constexpr std::array<std::string_view, 8> names{"patches",       "in place", "in place bf16", "phases",
                                                  "joined phases", "stem",     "winograd 4x3",  "depthwise"};
  return names[static_cast<std::size_t>(algorithm)];
}

/// How each pass of a convolution of floats is computed.
struct ConvPlan {
  ConvAlgorithm forward, data_gradient, weight_gradient;

  friend bool operator==(const ConvPlan&, const ConvPlan&) = default;
};

/// How the filters of a convolution are packed for tiles that read images in place: as floats, or as pairs of bf16, of
/// the channels of a pixel or of all that the taps of a line read. It depends on the layer, not on the image.
enum class FilterForm { none, floats, pairs, gathered_pairs };

namespace detail {

/// How many channels the instructions transform at a time; 0 where there are no such transforms.
inline Index winograd_channels_at_once(InstructionSet instructions) {
  return with_backend_of<float>(instructions,
                                []<class Backend>(Backend) { return Backend::winograd.channels_at_once; });
}

/// Whether the convolution is one that Winograd's transforms are written for.
inline bool suits_winograd(const ConvShape& shape, InstructionSet instructions) {
  const Index at_once = winograd_channels_at_once(instructions);
  return at_once > 0 && shape.groups == 1 && shape.kernel == Size2d(WinogradSize::taps) && shape.stride == Size2d(1) &&
         shape.dilation == Size2d(1) && shape.in_channels % at_once == 0 && shape.out_channels % at_once == 0;
}

/// Fewer are never worth Winograd's transforms.
inline constexpr Index fewest_winograd_pixels = 640;

/// Whether Winograd's may be used, and there are so many channels and pixels: with fewer channels the transforms take
/// too long, with fewer pixels those of the filters.
inline bool has_enough_for_winograd(const ConvShape& shape, const ComputeSettings& settings, Index channels,
                                    Index pixels) {
  return settings.precision == Precision::highest && settings.allows_winograd &&
         suits_winograd(shape, settings.instructions) && shape.in_channels >= channels &&
         shape.out_channels >= channels && shape.batch * shape.out_height * shape.out_width >= pixels;
}

/// Whether Winograd's is the fastest. AVX-512 reads images in place, and then it takes more pixels to be faster.
inline bool is_best_by_winograd(const ConvShape& shape, const ComputeSettings& settings) {
  const Index fewest_channels = 2 * winograd_channels_at_once(settings.instructions);
  const Index fewest_pixels = settings.instructions >= InstructionSet::avx512 ? 1440 : fewest_winograd_pixels;
  return has_enough_for_winograd(shape, settings, fewest_channels, fewest_pixels);
}

/// The same of the weight gradient. Its transforms of images and gradients go through memory: with AVX-512, which reads
/// images in place at twice AVX2's rate, that pays from more channels on.
inline bool is_best_by_winograd_weight_gradient(const ConvShape& shape, const ComputeSettings& settings) {
  const Index fewest_channels =
      settings.instructions >= InstructionSet::avx512 ? 128 : 2 * winograd_channels_at_once(settings.instructions);
  return has_enough_for_winograd(shape, settings, fewest_channels, fewest_winograd_pixels);
}

/// Whether one product of all phases multiplies a quarter less than the phases one by one, the numbers that fill up
/// registers among them.
template <class T>
bool is_faster_by_joined_phases(const ConvShape& shape, const JoinedPhases<T>& phases) {
  constexpr Index lanes = 16;
  return shape.groups == 1 && shape.dilation == Size2d(1) &&
         4 * phases.taps() * round_up(phases.columns(), lanes) <=
             3 * shape.kernel.height * shape.kernel.width * round_up(shape.in_channels, lanes);
}

inline bool has_positions(const ConvShape& shape) { return shape.batch * shape.out_height * shape.out_width > 0; }

/// Whether whole tiles of floats fit the channels, and the taps read more than a product of matrices would.
inline bool fits_weight_gradient(const ConvShape& shape) {
  const bool is_product = shape.kernel == Size2d(1) && shape.stride == Size2d(1);
  return !is_product && shape.in_channels_a_group() % 16 == 0 && shape.out_channels_a_group() % 8 == 0 &&
         has_positions(shape);
}

/// The same in bf16, where a product of matrices would convert its operands more often.
inline bool fits_weight_gradient_in_bf16(const ConvShape& shape) {
  return shape.in_channels_a_group() % 16 == 0 && shape.out_channels_a_group() % 16 == 0 && has_positions(shape);
}

/// The output channels that the tile of a network's first convolution has.
inline constexpr Index stem_columns = 32;

/// Whether the tile of a network's first convolution fits: few input channels, and whole registers of output channels.
inline bool fits_stem_weight_gradient(const ConvShape& shape) {
  return shape.groups == 1 && shape.kernel.height * shape.kernel.width > 1 && shape.in_channels < 16 &&
         shape.out_channels % stem_columns == 0 && shape.dilation.width == 1 && has_positions(shape);
}

#if PUPIL_X86_KERNELS
/// Whether the patches' extents suit the tile: groups of positions are full enough, and lie in the image one after
/// another.
template <class Tile>
bool fits_in_place(const Patches<float>& patches, const Tile& tile) {
  const Index width = patches.out_width;
  const Index group = tile.best_group(width);
  return patches.channels == patches.pixel_stride && patches.rows > 0 && group >= 4 &&
         5 * width >= 4 * round_up(width, group);
}

/// Whether pixels leave less than a fifth of a tile's elements empty.
inline bool fills_elements(const Patches<float>& patches, const Bf16DirectTile& tile) {
  return 5 * patches.channels >= 4 * Bf16DirectTile::numbers_an_element * tile.elements(patches.channels);
}

/// How many numbers a position may gather of a line: fewer would not be worth it.
inline constexpr Index fewest_gathered = 16;
inline constexpr Index most_gathered = 128;

/// Whether the taps of a line can be gathered, and leave less than two fifths empty.
inline bool gathers_taps(const Patches<float>& patches, const Bf16DirectTile& tile) {
  const Index numbers = patches.horizontal.count * patches.channels;
  return patches.horizontal.offset_step == 1 && numbers >= fewest_gathered && numbers <= most_gathered &&
         5 * numbers >= 3 * Bf16DirectTile::numbers_an_element * tile.elements(numbers);
}
#endif

/// The form of filters that are multiplied by such patches, of which only what does not depend on an image's extents is
/// read.
inline FilterForm plan_filters([[maybe_unused]] const Patches<float>& patches, const ComputeSettings& settings = {}) {
  // Where there is less to add up at every position, reading images in place does not pay.
  constexpr Index fewest_terms = 16;
  if (settings.instructions < InstructionSet::avx512 || patches.columns < fewest_terms) return FilterForm::none;
#if PUPIL_X86_KERNELS
  if (settings.precision != Precision::highest) {
    const Bf16DirectTile tile({settings.bf16_unit, settings.precision});
    if (fills_elements(patches, tile)) return FilterForm::pairs;
    if (gathers_taps(patches, tile)) return FilterForm::gathered_pairs;
    // Of vectors, those of floats are as fast as what bf16 is left with; the tiles of AMX are faster with patches.
    if (settings.bf16_unit != TileUnit::vectors) return FilterForm::none;
  }
#endif
  return FilterForm::floats;
}

/// The form in which a product of these patches reads them in place; none where they are packed.
inline FilterForm plan_product(const Patches<float>& patches, const ComputeSettings& settings = {}) {
  const FilterForm form = plan_filters(patches, settings);
  if (form == FilterForm::none) return form;
#if PUPIL_X86_KERNELS
  if (form != FilterForm::floats) {
    if (fits_in_place(patches, Bf16DirectTile({settings.bf16_unit, settings.precision}))) return form;
    if (settings.bf16_unit != TileUnit::vectors) return FilterForm::none;
  }
  if (fits_in_place(patches, FloatDirectTile{})) return FilterForm::floats;
#endif
  return FilterForm::none;
}

inline ConvAlgorithm algorithm_of(FilterForm form) {
  if (form == FilterForm::none) return ConvAlgorithm::patches;
  return form == FilterForm::floats ? ConvAlgorithm::in_place : ConvAlgorithm::in_place_bf16;
}

}  // namespace detail

inline ConvAlgorithm plan_forward(const ConvShape& shape, const ComputeSettings& settings = {}) {
  if (shape.is_depthwise()) return ConvAlgorithm::depthwise;
  if (detail::is_best_by_winograd(shape, settings)) return ConvAlgorithm::winograd;
  constexpr const float* no_image = nullptr;
  return detail::algorithm_of(detail::plan_product(detail::input_patches(shape, no_image, 0), settings));
}

inline ConvAlgorithm plan_data_gradient(const ConvShape& shape, const ComputeSettings& settings = {}) {
  if (shape.is_depthwise()) return ConvAlgorithm::depthwise;
  if (detail::is_best_by_winograd(shape, settings)) return ConvAlgorithm::winograd;
  const detail::JoinedPhases<float> phases(shape);
  return detail::is_faster_by_joined_phases(shape, phases) ? ConvAlgorithm::joined_phases : ConvAlgorithm::phases;
}

inline ConvAlgorithm plan_weight_gradient(const ConvShape& shape, const ComputeSettings& settings = {}) {
  if (shape.is_depthwise()) return ConvAlgorithm::depthwise;
  if (detail::is_best_by_winograd_weight_gradient(shape, settings)) return ConvAlgorithm::winograd;
  if (settings.instructions < InstructionSet::avx512) return ConvAlgorithm::patches;
  if (settings.precision != Precision::highest) {
    const bool is_vectors = settings.bf16_unit == TileUnit::vectors;
    // Vectors of pairs whose second image is not there are no faster than those of floats.
    if (detail::fits_weight_gradient_in_bf16(shape) && (shape.batch > 1 || !is_vectors)) {
      return ConvAlgorithm::in_place_bf16;
    }
    if (!is_vectors) return ConvAlgorithm::patches;
  }
  if (detail::fits_weight_gradient(shape)) return ConvAlgorithm::in_place;
  return detail::fits_stem_weight_gradient(shape) ? ConvAlgorithm::stem : ConvAlgorithm::patches;
}

/// The plan of all passes.
inline ConvPlan plan_conv2d(const ConvShape& shape, const ComputeSettings& settings = {}) {
  return {plan_forward(shape, settings), plan_data_gradient(shape, settings), plan_weight_gradient(shape, settings)};
}

/// As "forward winograd 4x3, data gradient winograd 4x3, weight gradient in place".
inline std::ostream& operator<<(std::ostream& out, const ConvPlan& plan) {
  return out << "forward " << algorithm_name(plan.forward) << ", data gradient " << algorithm_name(plan.data_gradient)
             << ", weight gradient " << algorithm_name(plan.weight_gradient);
}

/// As "conv2d 3x3/1 64->64 56x56: forward ..., avx512, highest": the shape, its plan, and what it is for.
inline std::string explain_conv2d(const ConvShape& shape, const ComputeSettings& settings) {
  std::ostringstream text;
  text << "conv2d " << shape.kernel.height << 'x' << shape.kernel.width << '/' << shape.stride.height << ' '
       << shape.in_channels << "->" << shape.out_channels << ' ' << shape.height << 'x' << shape.width << ": "
       << plan_conv2d(shape, settings) << "; " << instruction_set_names[static_cast<std::size_t>(settings.instructions)]
       << ", " << precision_name(settings.precision);
  return text.str();
}

}  // namespace pupil::kernels
