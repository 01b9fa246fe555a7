#include "declarations.hpp"

#define COMPILED template
#define SCALAR double
#include "layers.inc"
