// says: layer_is_given_its_scalar<0(UL)?, pupil::Conv2d<float>, pupil::Tensor<int, 4>
// says: another scalar than its own
#include "small_net.hpp"

auto scores(const SmallNet& net, const Tensor<int, 4>& x) { return net.forward(x); }
