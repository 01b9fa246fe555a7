// The program's implementation of stb, configured, and then pupil.
#include <cstdlib>
#include <stdexcept>

namespace {
int allocations = 0;
void* counted_malloc(std::size_t size) {
  ++allocations;
  return std::malloc(size);
}
}  // namespace

#define STBI_MALLOC(size) counted_malloc(size)
#define STBI_REALLOC(block, size) std::realloc(block, size)
#define STBI_FREE(block) std::free(block)
#define STBI_ASSERT(condition) ((condition) ? void() : throw std::logic_error(#condition))
#define STBI_ONLY_PNG
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>
#define STBIW_MALLOC(size) counted_malloc(size)
#define STBIW_REALLOC(block, size) std::realloc(block, size)
#define STBIW_FREE(block) std::free(block)
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

#include <pupil/io/image.hpp>
#include <pupil/io/image_write.hpp>

#include "programs_stb.hpp"

#if !defined(STBI_ONLY_PNG) || !defined(STB_IMAGE_IMPLEMENTATION) || !defined(STBI_VERSION)
#error "pupil has taken a macro of the program's away"
#endif

int own_allocations() {
  std::free(STBI_MALLOC(1));  // still the program's own
  return allocations;
}

std::vector<std::byte> written_by_implementation_before() {
  const unsigned char pixels[]{1, 2, 3, 4, 5, 6};
  int size = 0;
  unsigned char* const png = stbi_write_png_to_mem(pixels, 6, 2, 1, 3, &size);
  const auto* const begin = reinterpret_cast<const std::byte*>(png);
  std::vector<std::byte> bytes(begin, begin + size);
  STBIW_FREE(png);
  return bytes;
}

int sum_by_implementation_before(const std::vector<std::byte>& png) {
  int width = 0, height = 0, channels = 0, sum = 0;
  unsigned char* const pixels = stbi_load_from_memory(reinterpret_cast<const unsigned char*>(png.data()),
                                                      static_cast<int>(png.size()), &width, &height, &channels, 3);
  for (int i = 0; pixels != nullptr && i < 3 * width * height; ++i) sum += pixels[i];
  stbi_image_free(pixels);
  return sum;
}
