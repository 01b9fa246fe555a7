// See compiled_kernels.hpp.

#define PUPIL_COMPILED template
#include "compiled_kernels.hpp"
