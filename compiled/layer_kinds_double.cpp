// The table of layers for files of models: all layers of double, behind AnyLayer.

#include "kernels.hpp"

#define COMPILED extern template
#define SCALAR double
#include "kernels.inc"

template pupil::LayerKinds<double> pupil::known_layer_kinds<double>();
