#include "declarations.hpp"

#define COMPILED template
#define SCALAR float
#include "kernels.inc"
