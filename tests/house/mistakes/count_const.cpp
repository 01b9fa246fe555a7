// compiles
#include "small_net.hpp"

Index count(const SmallNet& net) { return count_parameters(net); }
