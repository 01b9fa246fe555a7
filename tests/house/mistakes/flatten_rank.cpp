// says: layer_is_given_its_rank<1(UL)?, pupil::Flatten<float(, 4)?>, pupil::Tensor<float, 3>
// says: another rank than it takes
#include "small_net.hpp"

auto rows(const Sequential<Dense<float>, Flatten<float>, Dense<float>>& net, const Tensor<float, 3>& x) {
  return net.forward(x);
}
