#include "kernels.hpp"

#define COMPILED template
#define SCALAR double
#include "kernels.inc"
