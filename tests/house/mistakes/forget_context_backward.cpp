// says: needs the context that forward\(x, context\) has filled
#include "small_net.hpp"

void back(SmallNet& net, const Tensor<float, 2>& dy) { net.backward(dy); }
