#pragma once
// A fault for floors.cmake to find: tensor.hpp includes this header.

#include <pupil/core/tensor.hpp>
