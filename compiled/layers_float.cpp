#include "declarations.hpp"

#define COMPILED template
#define SCALAR float
#include "layers.inc"
