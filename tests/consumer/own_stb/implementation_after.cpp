// pupil, and then the program's own implementation of stb for this file alone.
#include <pupil/io/image.hpp>
#include <pupil/io/image_write.hpp>

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

#include "programs_stb.hpp"

std::vector<std::byte> written_by_implementation_after() {
  const unsigned char pixels[]{1, 2, 3, 4, 5, 6};
  std::vector<std::byte> bytes;
  const auto append = [](void* to, void* data, int size) {
    const auto* const begin = static_cast<const std::byte*>(data);
    static_cast<std::vector<std::byte>*>(to)->insert(static_cast<std::vector<std::byte>*>(to)->end(), begin,
                                                     begin + size);
  };
  stbi_write_png_to_func(append, &bytes, 2, 1, 3, pixels, 6);
  return bytes;
}

int sum_by_implementation_after(const std::vector<std::byte>& png) {
  int width = 0, height = 0, channels = 0, sum = 0;
  unsigned char* const pixels = stbi_load_from_memory(reinterpret_cast<const unsigned char*>(png.data()),
                                                      static_cast<int>(png.size()), &width, &height, &channels, 3);
  for (int i = 0; pixels != nullptr && i < 3 * width * height; ++i) sum += pixels[i];
  stbi_image_free(pixels);
  return sum;
}
