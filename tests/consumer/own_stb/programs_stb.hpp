#pragma once
// What the parts of this program do with their own copies of stb_image and stb_image_write, and with pupil beside them.

#include <cstddef>
#include <vector>

/// A PNG file of 2 x 1 pixels, 1 2 3 and 4 5 6, by each part's own copy of stb_image_write.
std::vector<std::byte> written_by_implementation_before();
std::vector<std::byte> written_by_implementation_after();

/// The sum of a PNG file's pixels, by each part's own copy of stb_image.
int sum_by_implementation_before(const std::vector<std::byte>& png);
int sum_by_implementation_after(const std::vector<std::byte>& png);
int sum_by_declarations_before(const std::vector<std::byte>& png);
int sum_by_declarations_after(const std::vector<std::byte>& png);

/// How often the program's own STBI_MALLOC and STBIW_MALLOC were called.
int own_allocations();
