#pragma once
// A fault for floors.cmake to find: shape.hpp includes this header.

#include <pupil/core/shape.hpp>
