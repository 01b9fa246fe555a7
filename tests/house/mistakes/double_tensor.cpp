// says: layer_is_given_its_scalar<0(UL)?, pupil::Conv2d<float>, pupil::Tensor<double, 4>
// says: another scalar than its own
#include "small_net.hpp"

auto scores(const SmallNet& net, const Tensor<double, 4>& x) { return net.forward(x); }
