#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/utf8.hpp>
#include <pupil/text/unicode.hpp>

using pupil::captioning::nfc;

namespace {

/// Over all texts, so that one number holds all of Unicode.
class Fnv1a {
 public:
  void add(const std::u32string& text) {
    std::string bytes;
    for (const char32_t code : text) pupil::append_utf8(bytes, code);
    for (const char byte : bytes) value_ = (value_ ^ static_cast<unsigned char>(byte)) * 0x100000001B3u;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325u;
};

template <class Use>
void for_each_character(Use&& use) {
  for (char32_t code = 0; code < 0x110000; ++code) {
    if (code < 0xD800 || code > 0xDFFF) use(code);
  }
}

}  // namespace

// The numbers are those of Python's unicodedata.normalize and str.lower: tools/make_unicode_tables.py --hashes.

TEST_CASE("NFC of every character is Python's") {
  Fnv1a hash;
  for_each_character([&](char32_t code) { hash.add(nfc(std::u32string(1, code))); });
  CHECK(hash.value() == 0x23fc43766d7c2eb9u);
}

TEST_CASE("NFC puts together what was taken apart") {
  Fnv1a hash;
  for_each_character([&](char32_t code) {
    std::u32string apart;
    pupil::captioning::detail::append_decomposed(apart, code);
    hash.add(nfc(apart));
  });
  CHECK(hash.value() == 0x23fc43766d7c2eb9u);
}

TEST_CASE("NFC of every character between combining marks is Python's") {
  std::vector<char32_t> marks;
  for_each_character([&](char32_t code) {
    if (pupil::captioning::detail::combining_class(code) != 0) marks.push_back(code);
  });
  Fnv1a hash;
  for_each_character([&](char32_t code) {
    hash.add(nfc({marks[code % 911 % marks.size()], code, marks[code % 797], marks[code % 613]}));
  });
  CHECK(marks.size() > 900);
  CHECK(hash.value() == 0xbc5603c40887ae5au);
}

TEST_CASE("the lower case of every character is Python's, where it is one character") {
  Fnv1a hash;
  for_each_character([&](char32_t code) { hash.add(std::u32string(1, pupil::captioning::detail::lower_case(code))); });
  CHECK(hash.value() == 0xa96a6928f1dc99fdu);
}

TEST_CASE("names that look the same have the same NFC, and bytes that are not UTF-8 stay") {
  CHECK(nfc(std::string_view("cafe\u0301.jpg")) == "caf\u00E9.jpg");
  CHECK(nfc(std::string_view("caf\u00E9.jpg")) == "caf\u00E9.jpg");
  CHECK(nfc(std::string_view("\u1112\u1161\u11AB")) == "\uD55C");                          // Hangul
  CHECK(nfc(std::string_view("e\u0302\u0323")) == nfc(std::string_view("\u1EB9\u0302")));  // Vietnamese, both orders
  CHECK(nfc(std::string_view("caf\xE9 e\u0301\xFF")) == "caf\xE9 \u00E9\xFF");
  CHECK(nfc(std::string_view("")).empty());
}
