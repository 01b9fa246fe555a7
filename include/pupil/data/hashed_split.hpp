#pragma once
// The split of images where the data have none of their own.

#include <cstdint>
#include <string_view>

#include <pupil/core/hash.hpp>
#include <pupil/core/random.hpp>
#include <pupil/data/captioned_images.hpp>

namespace pupil::captioning {

/// The split of an image that no list names: train, dev and test get 80, 10 and 10 % of all names. It depends on the
/// name and the seed alone, so it stays when images come or go.
inline Split hashed_split(std::string_view image, std::uint64_t seed) {
  const double u = Rng(seed, hash_bytes(image)).uniform<double>();
  return u < 0.8 ? Split::train : u < 0.9 ? Split::dev : Split::test;
}

}  // namespace pupil::captioning
