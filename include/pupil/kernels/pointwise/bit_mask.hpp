#pragma once
// One bit an element: all that backward needs to know of a ReLU or of dropout, in a 32nd of the memory.
//
// Elements are taken in blocks of 2048, and a block's bits are laid out so that packing them costs next to nothing:
// word k of the block's 64 words holds in bit j the bit of element 64 j + k. Neighbours then differ in their words and
// share the bit's position, so that compilers make vector instructions of the plain loops below, whichever there are.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil::kernels {

class BitMask {
 public:
  static constexpr Index words_a_block = 64;
  static constexpr Index bits_a_word = 32;
  static constexpr Index block_size = words_a_block * bits_a_word;

  BitMask() = default;
  BitMask(const BitMask&) = default;
  BitMask& operator=(const BitMask&) = default;
  BitMask(BitMask&& other) noexcept : size_(std::exchange(other.size_, 0)), words_(std::move(other.words_)) {}
  BitMask& operator=(BitMask&& other) noexcept {
    std::swap(size_, other.size_);
    std::swap(words_, other.words_);
    return *this;
  }
  ~BitMask() = default;

  /// Bits as they come: to be written whole.
  explicit BitMask(Index size)
      : size_(size), words_(Tensor<std::uint32_t, 1>::uninitialized({block_count() * words_a_block})) {}

  Index size() const { return size_; }
  Index block_count() const { return (size_ + block_size - 1) / block_size; }

  /// The words of block b.
  std::uint32_t* block(Index b) { return words_.data() + b * words_a_block; }
  const std::uint32_t* block(Index b) const { return words_.data() + b * words_a_block; }

  bool operator[](Index i) const {
    const Index within = i % block_size;
    return (block(i / block_size)[within % words_a_block] >> (within / words_a_block) & 1U) != 0;
  }

 private:
  Index size_ = 0;
  Tensor<std::uint32_t, 1> words_;
};

namespace detail {

/// Calls `process(block_values, b)` for every block of the mask, in parallel. The last block's values are completed
/// with zeros in a buffer, so that every block is whole.
template <class T, class Process>
void for_each_block_of(const BitMask& mask, T* values, const Process& process) {
  parallel_ranges(mask.block_count(), pointwise_grain / BitMask::block_size, [&](Index begin, Index end) {
    for (Index b = begin; b < end; ++b) {
      T* const first = values + b * BitMask::block_size;
      const Index count = std::min(BitMask::block_size, mask.size() - b * BitMask::block_size);
      if (count == BitMask::block_size) {
        process(first, b);
      } else {
        std::array<T, BitMask::block_size> buffer{};
        std::copy_n(first, count, buffer.data());
        process(buffer.data(), b);
        std::copy_n(buffer.data(), count, first);
      }
    }
  });
}

}  // namespace detail

/// Makes mask[i] = kept(values[i]) and values[i] = mapped(values[i]), in one pass over memory. Both functions are
/// called in parallel and should not branch. A mask of the right size gives its memory.
template <class T, class Kept, class Mapped>
void map_and_mask(T* values, Index size, const Kept& kept, const Mapped& mapped, BitMask& mask) {
  if (mask.size() != size) mask = BitMask(size);
  detail::for_each_block_of(mask, values, [&mask, kept, mapped](T* block, Index b) {
    std::array<std::uint32_t, BitMask::words_a_block> words{};
    for (Index bit = 0; bit < BitMask::bits_a_word; ++bit) {
      T* const row = block + bit * BitMask::words_a_block;
      for (std::size_t k = 0; k < words.size(); ++k) {
        words[k] |= static_cast<std::uint32_t>(kept(row[k])) << bit;
        row[k] = mapped(row[k]);
      }
    }
    std::copy(words.begin(), words.end(), mask.block(b));
  });
}

/// values[i] = mask[i] ? scale * values[i] : 0
template <class T>
void apply_mask(const BitMask& mask, T scale, T* values) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  detail::for_each_block_of(mask, values, [&mask, scale](T* block, Index b) {
    const std::uint32_t* const words = mask.block(b);
    const T factor = scale;  // a local number cannot overlap the block
    for (Index bit = 0; bit < BitMask::bits_a_word; ++bit) {
      T* const row = block + bit * BitMask::words_a_block;
      for (Index k = 0; k < BitMask::words_a_block; ++k) {
        const Bits all_or_none = Bits{0} - (words[k] >> bit & 1U);
        row[k] = std::bit_cast<T>(std::bit_cast<Bits>(factor * row[k]) & all_or_none);
      }
    }
  });
}

}  // namespace pupil::kernels
