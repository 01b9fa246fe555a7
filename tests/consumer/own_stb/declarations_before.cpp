// The declarations of stb, and then pupil; the implementation is in another file.
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>

#include <pupil/io/image.hpp>
#include <pupil/io/image_write.hpp>

#include "programs_stb.hpp"

#if defined(STBI_NO_STDIO) || defined(STB_IMAGE_IMPLEMENTATION) || defined(STBI_ASSERT) || !defined(STBI_VERSION)
#error "pupil's macros have got out, or the program's have got lost"
#endif

int sum_by_declarations_before(const std::vector<std::byte>& png) {
  int width = 0, height = 0, channels = 0, sum = 0;
  unsigned char* const pixels = stbi_load_from_memory(reinterpret_cast<const unsigned char*>(png.data()),
                                                      static_cast<int>(png.size()), &width, &height, &channels, 3);
  for (int i = 0; pixels != nullptr && i < 3 * width * height; ++i) sum += pixels[i];
  stbi_image_free(pixels);
  (void)&stbi_load;  // it is declared: nobody has left out what reads files
  (void)&stbi_write_png;
  return sum;
}
