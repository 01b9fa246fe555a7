// says: layer_takes_shape_of_rank<0(UL)?, pupil::Conv2d<float>, 3
// says: a shape of another rank than it takes
#include "small_net.hpp"

auto table(const SmallNet& net) { return summary(net, Shape{8, 8, 1}); }
