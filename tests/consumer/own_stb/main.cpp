// A program that has stb_image and stb_image_write of its own beside pupil, in every order.
#include <cstddef>
#include <cstdio>
#include <vector>

#include <pupil/io/image.hpp>
#include <pupil/io/image_write.hpp>

#include "programs_stb.hpp"

namespace {

int failures = 0;

void check(bool holds, const char* what) {
  if (holds) return;
  std::printf("does not hold: %s\n", what);
  ++failures;
}

}  // namespace

int main() {
  const pupil::captioning::Image image({1, 2, 3}, {1, 2, 3, 4, 5, 6});
  const int before = own_allocations();
  const std::vector<std::byte> png = pupil::captioning::encode_png(image);
  check(pupil::captioning::decode_image(png, "pupil's") == image, "pupil reads what it wrote");
  check(own_allocations() == before + 1, "pupil's copies do not allocate by the program's macros");

  check(pupil::captioning::decode_image(written_by_implementation_before(), "before") == image,
        "pupil reads the program's PNG");
  check(pupil::captioning::decode_image(written_by_implementation_after(), "after") == image,
        "pupil reads the program's other PNG");
  constexpr int sum = 1 + 2 + 3 + 4 + 5 + 6;
  check(sum_by_implementation_before(png) == sum, "the program reads pupil's PNG, implementation before");
  check(sum_by_implementation_after(png) == sum, "the program reads pupil's PNG, implementation after");
  check(sum_by_declarations_before(png) == sum, "the program reads pupil's PNG, declarations before");
  check(sum_by_declarations_after(png) == sum, "the program reads pupil's PNG, declarations after");
  check(own_allocations() > before + 2, "the program's own copies allocate by its macros");

  // What STBI_ONLY_PNG keeps from the program's copy, pupil's reads.
  check(pupil::captioning::decode_image(pupil::captioning::encode_jpeg(image), "jpeg").shape() == image.shape(),
        "pupil reads JPEG");
  return failures == 0 ? 0 : 1;
}
