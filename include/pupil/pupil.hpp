#pragma once
// The whole library, floor by floor: a header includes only what stands above it here.

// core: shape, storage, tensor, random numbers, threads, errors
#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/core/tensor.hpp>
