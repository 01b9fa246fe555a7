#pragma once
// Passes over matrices along the bits of a mask: in groups of elements that lie together, whatever columns these have.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/isa/portable/channel_groups.hpp>
#include <pupil/kernels/pointwise/bit_mask.hpp>

namespace pupil::kernels::detail {

/// Elements that lie together and have one bit in each word of a block of a mask.
inline constexpr int mask_group = static_cast<int>(BitMask::words_a_block);
template <class T>
using MaskGroup = ChannelGroup<T, mask_group>;
using MaskWords = std::array<std::uint32_t, static_cast<std::size_t>(mask_group)>;

/// A row of numbers, one a column, that goes on from its begin: any column begins a whole group.
template <class T>
class CyclicRow {
 public:
  explicit CyclicRow(const Tensor<T, 1>& row) : numbers_(row.size() + mask_group) {
    for (Index i = 0; i < numbers_.size(); ++i) numbers_.data()[i] = row[i % row.size()];
  }
  Eigen::Map<const MaskGroup<T>> from(Index column) const { return group_at<mask_group>(numbers_.data() + column); }

 private:
  Storage<T> numbers_;
};

/// Calls `process(b, sources, results)` for every block b of `size` elements, in parallel: where its numbers are. The
/// last block's are in buffers completed with zeros, so that every block is whole. A null pointer stays one.
template <class T, std::size_t Sources, std::size_t Results, class Process>
void for_each_whole_block(Index size, const std::array<const T*, Sources>& sources,
                          const std::array<T*, Results>& results, const Process& process) {
  constexpr Index block = BitMask::block_size;
  const auto moved = [](auto arrays, Index offset) {
    for (auto& array : arrays) array = array == nullptr ? nullptr : array + offset;
    return arrays;
  };
  parallel_ranges((size + block - 1) / block, pointwise_grain / block, [&](Index begin, Index end) {
    for (Index b = begin; b < end; ++b) {
      const auto from = moved(sources, b * block);
      const auto to = moved(results, b * block);
      const Index count = std::min(block, size - b * block);
      if (count == block) {
        process(b, from, to);
        continue;
      }
      Tensor<T, 2> buffers({static_cast<Index>(Sources + Results), block});
      auto buffered_from = from;
      auto buffered_to = to;
      for (std::size_t i = 0; i < Sources; ++i) {
        if (from[i] == nullptr) continue;
        buffered_from[i] = std::copy_n(from[i], count, buffers.row(static_cast<Index>(i))) - count;
      }
      for (std::size_t i = 0; i < Results; ++i) {
        if (to[i] != nullptr) buffered_to[i] = buffers.row(static_cast<Index>(Sources + i));
      }
      process(b, buffered_from, buffered_to);
      for (std::size_t i = 0; i < Results; ++i) {
        if (to[i] != nullptr) std::copy_n(buffered_to[i], count, to[i]);
      }
    }
  });
}

/// Calls `use(bit, offset, column)` for the groups of block b: which bit is theirs, their first element within the
/// block, and its column.
template <class Use>
void for_each_mask_group(Index b, Index columns, const Use& use) {
  Index column = b * BitMask::block_size % columns;
  for (Index bit = 0; bit < BitMask::bits_a_word; ++bit) {
    use(bit, bit * mask_group, column);
    column += mask_group;
    while (column >= columns) column -= columns;
  }
}

/// The numbers of dy where their words' bits are 1, and zeros elsewhere; all of them where there are no words.
template <class T>
MaskGroup<T> passing(const T* dy, const std::uint32_t* words, Index bit) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  MaskGroup<T> dz = group_at<mask_group>(dy);
  if (words != nullptr) {
    for (Index k = 0; k < mask_group; ++k) {
      const Bits all_or_none = Bits{0} - (words[k] >> bit & 1U);
      dz[k] = std::bit_cast<T>(std::bit_cast<Bits>(dz[k]) & all_or_none);
    }
  }
  return dz;
}

/// totals[c] = the sum of the numbers of column c, in double, over all rows of `sums`, whose columns go on from their
/// begin.
template <class T>
void total_cyclic_sums(const Tensor<T, 2>& sums, Tensor<T, 1>& totals) {
  Tensor<double, 1> all({totals.size()});
  for (Index range = 0; range < sums.rows(); ++range) {
    const T* const row = sums.row(range);
    for (Index first = 0; first < sums.columns(); first += totals.size()) {
      const Index count = std::min(totals.size(), sums.columns() - first);
      for (Index c = 0; c < count; ++c) all[c] += static_cast<double>(row[first + c]);
    }
  }
  for (Index c = 0; c < totals.size(); ++c) totals[c] = static_cast<T>(all[c]);
}

}  // namespace pupil::kernels::detail
