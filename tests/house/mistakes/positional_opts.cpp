// says: no matching (constructor for initialization|function for call).*Dense<float>
#include "small_net.hpp"

auto dense(Rng& rng) { return Dense<float>(2, 3, rng); }
