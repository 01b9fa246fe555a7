// says: no matching (constructor for initialization|function for call).*Dense<float>
#include "small_net.hpp"

auto dense(Rng& rng) { return Dense<float>({.in_channels = 2, .out_channels = 3}, rng); }
