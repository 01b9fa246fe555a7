#pragma once
// The random numbers of a training batch.

#include <cstdint>
#include <string_view>

#include <pupil/core/hash.hpp>
#include <pupil/core/random.hpp>

namespace pupil {

/// The numbers behind what is done to a batch by chance: a function of nothing but the seed, the epoch, the batch and
/// what they are for, so that training can go on in the middle of an epoch, and a choice that is added changes no
/// other.
inline Rng batch_rng(std::string_view purpose, std::uint64_t seed, std::uint64_t epoch, Index batch) {
  return Rng(seed, hash_number(static_cast<std::uint64_t>(batch), hash_number(epoch, hash_bytes(purpose))));
}

}  // namespace pupil
