#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/dtype.hpp>

using namespace pupil;

TEST_CASE("every element type is found under its own name") {
  for (std::size_t i = 0; i < pupil::detail::dtype_table.size(); ++i) {
    const auto dtype = static_cast<Dtype>(i);
    CHECK(parse_dtype(dtype_name(dtype)) == dtype);
  }
  CHECK(dtype_name(Dtype::BF16) == "BF16");
  CHECK(dtype_size(Dtype::U64) == 8);
  CHECK_FALSE(parse_dtype("f32").has_value());
  CHECK_FALSE(parse_dtype("").has_value());
}

TEST_CASE("C++ numbers have the element type of their size and sign") {
  CHECK(dtype_of<float>() == Dtype::F32);
  CHECK(dtype_of<double>() == Dtype::F64);
  CHECK(dtype_of<std::int8_t>() == Dtype::I8);
  CHECK(dtype_of<std::uint8_t>() == Dtype::U8);
  CHECK(dtype_of<std::int16_t>() == Dtype::I16);
  CHECK(dtype_of<std::uint16_t>() == Dtype::U16);
  CHECK(dtype_of<std::int32_t>() == Dtype::I32);
  CHECK(dtype_of<std::uint32_t>() == Dtype::U32);
  CHECK(dtype_of<std::int64_t>() == Dtype::I64);
  CHECK(dtype_of<std::uint64_t>() == Dtype::U64);
}

TEST_CASE("every half is the float of sign, exponent and fraction") {
  int wrong = 0;
  for (unsigned bits = 0; bits <= 0xFFFF; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31u);
    const double fraction = (bits & 1023u) / 1024.0;
    double expected = exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
    if (exponent == 31) expected = std::numeric_limits<double>::infinity();
    if (bits >> 15 == 1) expected = -expected;
    const float actual = half_to_float(static_cast<std::uint16_t>(bits));
    const bool not_a_number = exponent == 31 && fraction != 0;
    const bool right = not_a_number
                           ? std::isnan(actual)
                           : actual == static_cast<float>(expected) && std::signbit(actual) == (bits >> 15 == 1);
    wrong += right ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a bfloat16 is the upper half of a float") {
  CHECK(bfloat16_to_float(0x3F80) == 1.0f);
  CHECK(bfloat16_to_float(0xC040) == -3.0f);
  CHECK(bfloat16_to_float(0x4049) == 3.140625f);
  CHECK(std::isinf(bfloat16_to_float(0x7F80)));
}

TEST_CASE("a float becomes the nearest bfloat16, and one of these stays what it is") {
  CHECK(float_to_bfloat16(1.0f) == 0x3F80);
  CHECK(float_to_bfloat16(1.0f + 0x1p-8f) == 0x3F80);  // halfway: to the even one
  CHECK(float_to_bfloat16(1.0f + 0x1p-8f + 0x1p-20f) == 0x3F81);
  CHECK(float_to_bfloat16(-3.0f) == 0xC040);
  CHECK(std::isnan(bfloat16_to_float(float_to_bfloat16(std::nanf("")))));
}

TEST_CASE("elements are read from any alignment") {
  const std::vector<double> values{1.5, -2.25, 1e300};
  std::vector<std::byte> bytes(1 + values.size() * sizeof(double));
  std::memcpy(bytes.data() + 1, values.data(), values.size() * sizeof(double));
  std::vector<double> doubles(values.size());
  convert_from(Dtype::F64, bytes.data() + 1, 3, doubles.data());
  CHECK(doubles == values);
  std::vector<float> floats(values.size());
  convert_from(Dtype::F64, bytes.data() + 1, 3, floats.data());
  CHECK(floats == std::vector<float>{1.5f, -2.25f, std::numeric_limits<float>::infinity()});
}

TEST_CASE("integers are read as their own type only") {
  CHECK(readable_as<std::int32_t>(Dtype::I32));
  CHECK_FALSE(readable_as<std::int32_t>(Dtype::U32));
  CHECK_FALSE(readable_as<std::int64_t>(Dtype::I32));
  CHECK(readable_as<std::uint8_t>(Dtype::BOOL));
  CHECK_FALSE(readable_as<std::int8_t>(Dtype::BOOL));
  CHECK(readable_as<float>(Dtype::BF16));
  CHECK_FALSE(readable_as<float>(Dtype::I8));
  CHECK_FALSE(readable_as<float>(Dtype::F8_E4M3));
}
