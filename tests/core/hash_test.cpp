#include <doctest/doctest.h>

#include <pupil/core/hash.hpp>

using namespace pupil;

TEST_CASE("hash_bytes gives the published values of FNV-1a") {
  CHECK(hash_bytes("") == 0xcbf29ce484222325);
  CHECK(hash_bytes("a") == 0xaf63dc4c8601ec8c);
  CHECK(hash_bytes("foobar") == 0x85944171f73967e8);
}

TEST_CASE("a hash can be continued") { CHECK(hash_bytes("bar", hash_bytes("foo")) == hash_bytes("foobar")); }

TEST_CASE("a number is hashed as its eight bytes, lowest first") {
  using namespace std::string_view_literals;
  CHECK(hash_number(0x6261) == hash_bytes("ab\0\0\0\0\0\0"sv));
}

TEST_CASE("a hash is 16 digits") {
  CHECK(hash_digits(empty_hash) == "cbf29ce484222325");
  CHECK(hash_digits(0xA1) == "00000000000000a1");
}
