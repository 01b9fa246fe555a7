#pragma once
// What a server takes upon itself, so that no request, meant well or not, takes all of a machine.

#include <cstdint>

namespace captioner {

struct ServeLimits {
  std::int64_t bytes = 20'000'000;   ///< of an image's file
  std::int64_t pixels = 50'000'000;  ///< of the image
  double seconds = 10;               ///< for a request to arrive, for its turn to come, and for its answer to be taken
  int requests = 16;                 ///< captions that are under way at once; those that wait for their turn count
};

}  // namespace captioner
