#include "kernels.hpp"

#define COMPILED template
#define SCALAR float
#include "kernels.inc"

template <>
const char pupil::detail::compile_with_the_march_of_pupil_compiled<pupil::detail::vector_bits>::as_the_library = 0;
