// says: layer_is_given_its_rank<0(UL)?, pupil::Conv2d<float>, pupil::Tensor<float, 3>
// says: another rank than it takes
#include "small_net.hpp"

auto scores(const SmallNet& net, const Tensor<float, 3>& x) { return net.forward(x); }
