#pragma once
// A tile of fp32 sums as isa/any/gemm_tile.inc's, whose left rows lie as far apart in memory as they happen to: two
// groups of seven or of four rows by 32 columns, with one distance between the rows of a group. A pair of bf16 in all
// lanes is to a register of pairs what a float is to one of floats, so one template serves both.

#include <type_traits>
#include <utility>

#include <immintrin.h>

#include <pupil/kernels/isa/arguments/direct.hpp>
#include <pupil/kernels/isa/avx512/elements.hpp>
#include <pupil/kernels/isa/avx512/kernels.hpp>

namespace pupil::kernels {

template <class Element>
struct Avx512DirectTile {
  static constexpr Index most_group_rows = 7;
  static constexpr Index fewer_group_rows = 4;
  static constexpr Index columns = 32;
  /// Whether `multiply` is for all columns alone. Tiles of fewer would take as long to compile as all others, and gain
  /// little in bf16.
  static constexpr bool needs_all_columns = !std::is_same_v<Element, float>;
  using Group = DirectGroup<Element>;

  /// How many positions make a group in lines of `width`: as many as a tile takes, or fewer where a tile of those would
  /// be fuller.
  static Index best_group(Index width) {
    return 5 * width >= 4 * most_group_rows * ((width + most_group_rows - 1) / most_group_rows) ? most_group_rows
                                                                                                : fewer_group_rows;
  }

  /// What multiplies groups of so many rows, most_group_rows or fewer_group_rows, by so many columns.
  static DirectMultiply<Element> multiply_of(Index rows, [[maybe_unused]] Index columns_used) {
    const bool is_most = rows == most_group_rows;
    if constexpr (!needs_all_columns) {
      if (columns_used <= 16) return is_most ? multiply<1, most_group_rows> : multiply<1, fewer_group_rows>;
    }
    return is_most ? multiply<2, most_group_rows> : multiply<2, fewer_group_rows>;
  }

 private:
  /// A row has one register or two.
  template <Index Registers, Index Rows>
  static void multiply(const DirectTerms& terms, const Group& first, const Group& second, const Element* right,
                       const DirectStrides& strides, Index /*rows*/, Index columns_used) {
    run<Registers>(terms, first, second, right, strides, avx512::first_lanes(columns_used - 16 * (Registers - 1)),
                   std::make_integer_sequence<Index, Rows>{});
  }

  // The pack of row numbers unrolls the tile, so that the sums stay in registers at any optimisation level. Rows are
  // addressed by one pointer a group and three distances, as many as there are registers for. The mask names the
  // columns of a row's last register.
  template <Index Registers, Index... Row>
  [[gnu::target("avx512f")]] static void run(const DirectTerms& terms, const Group& first, const Group& second,
                                             const Element* right, const DirectStrides& strides, __mmask16 mask,
                                             std::integer_sequence<Index, Row...> row_numbers) {
    constexpr Index last = 16 * (Registers - 1);
    __m512 low[2][sizeof...(Row)];
    __m512 high[2][sizeof...(Row)];
    ((high[0][Row] = _mm512_maskz_loadu_ps(mask, first.start + Row * strides.start + last),
      high[1][Row] = _mm512_maskz_loadu_ps(mask, second.start + Row * strides.start + last)),
     ...);
    if constexpr (Registers == 2) {
      ((low[0][Row] = _mm512_loadu_ps(first.start + Row * strides.start),
        low[1][Row] = _mm512_loadu_ps(second.start + Row * strides.start)),
       ...);
    }
    const char* upper = reinterpret_cast<const char*>(first.left);
    const char* lower = reinterpret_cast<const char*>(second.left);
    const Index one = strides.left * static_cast<Index>(sizeof(Element));
    Index three = 3 * one;
    Index five = 5 * one;
    // A compiler that knew how these hang together would compute them anew in the loop, which costs a third of its
    // speed.
    __asm__("" : "+r"(three), "+r"(five));
    const Index to_next_line = (terms.stride - terms.depth) * static_cast<Index>(sizeof(Element));
    for (Index line = 0; line < terms.lines; ++line, upper += to_next_line, lower += to_next_line) {
      for (Index k = 0; k < terms.depth; ++k, upper += sizeof(Element), lower += sizeof(Element), right += columns) {
        const __m512 right_high = load(right + last);
        if constexpr (Registers == 2) {
          const __m512 right_low = load(right);
          ((low[0][Row] = add_products<Element>(broadcast<Row>(upper, one, three, five), right_low, low[0][Row]),
            high[0][Row] = add_products<Element>(broadcast<Row>(upper, one, three, five), right_high, high[0][Row]),
            low[1][Row] = add_products<Element>(broadcast<Row>(lower, one, three, five), right_low, low[1][Row]),
            high[1][Row] = add_products<Element>(broadcast<Row>(lower, one, three, five), right_high, high[1][Row])),
           ...);
        } else {
          ((high[0][Row] = add_products<Element>(broadcast<Row>(upper, one, three, five), right_high, high[0][Row]),
            high[1][Row] = add_products<Element>(broadcast<Row>(lower, one, three, five), right_high, high[1][Row])),
           ...);
        }
      }
    }
    if (first.epilogue != nullptr) {
      if constexpr (Registers == 2) {
        avx512::finish_rows<1>(*first.epilogue, 0, strides.result, low[0], row_numbers);
        avx512::finish_rows<1>(*second.epilogue, 0, strides.result, low[1], row_numbers);
      }
      avx512::finish_rows<1>(*first.epilogue, last, strides.result, high[0], row_numbers, mask);
      avx512::finish_rows<1>(*second.epilogue, last, strides.result, high[1], row_numbers, mask);
    }
    if constexpr (Registers == 2) {
      ((_mm512_storeu_ps(first.result + Row * strides.result, low[0][Row]),
        _mm512_storeu_ps(second.result + Row * strides.result, low[1][Row])),
       ...);
    }
    ((_mm512_mask_storeu_ps(first.result + Row * strides.result + last, mask, high[0][Row]),
      _mm512_mask_storeu_ps(second.result + Row * strides.result + last, mask, high[1][Row])),
     ...);
  }

  [[gnu::target("avx512f"), gnu::always_inline]] static __m512 load(const Element* elements) {
    return _mm512_load_ps(static_cast<const void*>(elements));
  }

  /// The element at the begin of row `Row`, in all lanes.
  template <Index Row>
  [[gnu::target("avx512f"), gnu::always_inline]] static __m512 broadcast(const char* first, Index one, Index three,
                                                                         Index five) {
    constexpr Index multiples_of_one = Row == 1 || Row == 2 || Row == 4 ? Row : 0;
    constexpr Index multiples_of_three = Row == 3 || Row == 6 ? Row / 3 : 0;
    constexpr Index multiples_of_five = Row == 5 ? 1 : 0;
    const auto element = *reinterpret_cast<const Element*>(first + multiples_of_one * one + multiples_of_three * three +
                                                           multiples_of_five * five);
    return in_all_lanes(element);
  }
};

}  // namespace pupil::kernels
