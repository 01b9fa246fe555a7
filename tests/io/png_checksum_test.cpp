#include <doctest/doctest.h>

#include <pupil/io/png_checksum.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

TEST_CASE("the CRC of 123456789 is the one that everybody gets") { CHECK(crc32(bytes_of("123456789")) == 0xCBF43926u); }
