#pragma once
// Random bits that are each a function of (key, position) alone: the same for any number of threads.

#include <algorithm>
#include <array>
#include <cstdint>

#include <pupil/core/parallel.hpp>
#include <pupil/core/random.hpp>
#include <pupil/kernels/pointwise/bit_mask.hpp>

namespace pupil::kernels {

/// Makes every bit of the mask 0 with `probability`, in [0, 1), and 1 otherwise. Philox's four numbers for one counter
/// decide four bits of one word; neighbouring words have neighbouring counters.
inline void draw_mask(BitMask& mask, double probability, const std::array<std::uint32_t, 2>& key) {
  constexpr Index bits_a_counter = 4;
  constexpr Index counters_a_block = BitMask::block_size / bits_a_counter;
  const auto threshold = static_cast<std::uint32_t>(probability * 0x1p32);
  parallel_for(mask.block_count(), [&](Index b) {
    std::array<std::uint32_t, BitMask::words_a_block> words{};
    auto counter = static_cast<std::uint64_t>(b * counters_a_block);
    for (Index bit = 0; bit < BitMask::bits_a_word; bit += bits_a_counter) {
      for (std::uint32_t& word : words) {
        const auto drawn =
            philox4x32({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32U), 0, 0}, key);
        for (Index i = 0; i < bits_a_counter; ++i) {
          word |= static_cast<std::uint32_t>(drawn[static_cast<std::size_t>(i)] >= threshold) << (bit + i);
        }
        ++counter;
      }
    }
    std::copy(words.begin(), words.end(), mask.block(b));
  });
}

}  // namespace pupil::kernels
