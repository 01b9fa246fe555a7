// says: <float, double>
// says: an optimizer trains models of its own scalar
#include "small_net.hpp"

void step(Sequential<Conv2d<double>, Dense<double>>& net, Adam<float>& adam) { adam.step(net); }
