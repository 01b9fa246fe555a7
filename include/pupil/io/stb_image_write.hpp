#pragma once
// pupil's own copy of stb_image_write, in a namespace, with macros that end here: see stb_image.hpp.

// What stb_image_write includes must be read before, outside the namespace.
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <pupil/io/stb_macros_hidden.inc>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"

namespace pupil::captioning::detail::stb {

#define STBIWDEF [[maybe_unused]] static
#define STBIW_ASSERT(condition) static_cast<void>(0)
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

}  // namespace pupil::captioning::detail::stb

#pragma GCC diagnostic pop

#include <pupil/io/stb_macros_restored.inc>
