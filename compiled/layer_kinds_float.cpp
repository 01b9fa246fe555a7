// The table of layers for files of models: all layers of float, behind AnyLayer.

#include "kernels.hpp"

#define COMPILED extern template
#define SCALAR float
#include "kernels.inc"

template pupil::LayerKinds<float> pupil::known_layer_kinds<float>();
