#pragma once
// What a program that links pupil::compiled checks: that it is compiled for vectors of the same size as the library
// was. Otherwise Eigen's arrays have another alignment in each, and the program would crash where they meet. The linker
// then lacks `pupil::detail::compile_with_the_march_of_pupil_compiled<BITS>::as_the_library`.

#include <pupil/core/cpp20.hpp>

namespace pupil::detail {

#if defined(__AVX512F__)
inline constexpr int vector_bits = 512;
#elif defined(__AVX__)
inline constexpr int vector_bits = 256;
#else
inline constexpr int vector_bits = 128;
#endif

/// The library defines that of its own vectors.
template <int bits>
struct compile_with_the_march_of_pupil_compiled {
  static const char as_the_library;
};

#ifdef PUPIL_COMPILED
[[gnu::used]] inline const char* const checked_by_the_linker =
    &compile_with_the_march_of_pupil_compiled<vector_bits>::as_the_library;
#endif

}  // namespace pupil::detail
