#pragma once
// The sizes of the captioner that is trained on Flickr8k, on which its layers are timed.

#include "../examples/captioner/bench/workload_sizes.hpp"

namespace bench {

namespace sizes = captioner::sizes;

}  // namespace bench
