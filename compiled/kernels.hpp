#pragma once
// What kernels.inc names.

#include <pupil/core/compiled_form.hpp>
#include <pupil/pupil.hpp>

namespace pupil::kernels {

template <class Left, class Right, class T>
using Product = void(const Left&, const Right&, const Destination<T>&);

}  // namespace pupil::kernels
