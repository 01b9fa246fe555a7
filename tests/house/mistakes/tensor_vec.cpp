// compiles
#include "small_net.hpp"

auto tensor(const std::vector<float>& values) { return Tensor<float, 2>({2, 3}, values); }
