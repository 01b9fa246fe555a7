// says: no matching (constructor for initialization|function for call).*Dense<float>
#include "small_net.hpp"

const Dense<float> dense({.in_features = 2, .out_features = 2});
