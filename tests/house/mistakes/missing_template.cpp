// says: deduction
// says: (no matching function for call to .*Dense\(|template arguments of .*Dense)
#include "small_net.hpp"

auto dense(Rng& rng) { return Dense({.in_features = 2, .out_features = 2}, rng); }
