// says: the model is const, and training changes it
#include "small_net.hpp"

auto scores(const SmallNet& net, SmallNet::Context& context, const Tensor<float, 4>& x) {
  return net.forward(x, context);
}
