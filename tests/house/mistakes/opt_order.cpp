// says: (order for field .*in_features|in declaration order)
#include "small_net.hpp"

auto dense(Rng& rng) { return Dense<float>({.out_features = 2, .in_features = 3}, rng); }
