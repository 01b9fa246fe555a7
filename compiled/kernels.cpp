// See kernels.hpp.

#define PUPIL_COMPILED template
#include "kernels.hpp"
