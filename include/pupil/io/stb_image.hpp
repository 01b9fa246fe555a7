#pragma once
// pupil's own copy of stb_image, in a namespace, with macros that end here: a program may include stb_image.h itself,
// before or after, with or without its implementation, and neither copy notices the other.
//
// Only the implementation is included. stb_image's declarations are extern "C", which would give GCC's assembler two
// functions of one name where a program has its own copy in the same file; what they declare stands here instead.

// What stb_image includes must be read before, outside the namespace.
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#ifdef __ARM_NEON
#include <arm_neon.h>
#endif

#include <pupil/io/stb_macros_hidden.inc>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"

namespace pupil::captioning::detail::stb {

using stbi_uc = unsigned char;
using stbi_us = unsigned short;

enum { STBI_default = 0, STBI_grey = 1, STBI_grey_alpha = 2, STBI_rgb = 3, STBI_rgb_alpha = 4 };

/// Where stb_image reads: `read` fills `data` and returns how many bytes there were, `skip` passes over some.
struct stbi_io_callbacks {
  int (*read)(void* user, char* data, int size);
  void (*skip)(void* user, int count);
  int (*eof)(void* user);
};

#define STBI_INCLUDE_STB_IMAGE_H
#define STBIDEF [[maybe_unused]] static
// Zeroed memory, because damaged files make stb_image use tables that they never defined; and no assertions, because
// what a file holds may not end a program.
#define STBI_MALLOC(size) ::calloc(1, size)
#define STBI_REALLOC(block, size) ::realloc(block, size)
#define STBI_FREE(block) ::free(block)
#define STBI_ASSERT(condition) static_cast<void>(0)
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_NO_PIC
#define STBI_NO_PNM
#define STBI_NO_PSD
#define STBI_NO_TGA
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

}  // namespace pupil::captioning::detail::stb

#pragma GCC diagnostic pop

#include <pupil/io/stb_macros_restored.inc>
