#pragma once
// A fault for floors.cmake to find: core may not include nn.

#include <pupil/nn/dense.hpp>
