#pragma once
// What takes longest to compile of the library, for float and for double: pupil's own programs and tests only declare
// it, with all that they precompile, and link what the sources beside this file made of it once, as users compile it.

#include <pupil/captioning.hpp>

#include "kernels.hpp"

#define COMPILED extern template
#define SCALAR float
#include "kernels.inc"
#include "layers.inc"
#undef SCALAR
#define SCALAR double
#include "kernels.inc"
#include "layers.inc"
#undef SCALAR
#undef COMPILED

extern template pupil::LayerKinds<float> pupil::known_layer_kinds<float>();
extern template pupil::LayerKinds<double> pupil::known_layer_kinds<double>();
