#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <pupil/core/utf8.hpp>

using namespace pupil;

TEST_CASE("the first byte that is not UTF-8 is found") {
  CHECK(find_malformed_utf8("") == std::string_view::npos);
  CHECK(find_malformed_utf8("a\u00e9\u20ac\U0001F600\U0010FFFF") == std::string_view::npos);
  for (const std::string malformed :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xF0\x80\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xE4n"}) {
    CAPTURE(visible(malformed));
    CHECK(find_malformed_utf8("ab" + malformed) == 2);
  }
}

TEST_CASE("every code point comes back from its UTF-8") {
  std::size_t wrong = 0;
  for (char32_t code = 0; code < 0x110000; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, code);
    std::size_t position = 0;
    if (next_code_point(text, position) != code || position != text.size()) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a malformed byte is passed alone, as the replacement character") {
  const std::string_view text = "\xE4n";
  std::size_t position = 0;
  CHECK(next_code_point(text, position) == replacement_character);
  CHECK(position == 1);
  CHECK(next_code_point(text, position) == U'n');
}

TEST_CASE("what cannot be seen is shown by its number") {
  CHECK(visible("a dog.jpg") == "a dog.jpg");
  CHECK(visible("caf\u00e9 \u72d7") == "caf\u00e9 \u72d7");
  CHECK(visible("\uFEFFa.jpg") == "\\u{FEFF}a.jpg");
  CHECK(visible("a\u00A0b\u200B\u0085") == "a\\u{A0}b\\u{200B}\\u{85}");
  CHECK(visible("caf\xE9.jpg\r\n\t\x1B") == "caf\\xE9.jpg\\r\\n\\t\\x1B");
}

TEST_CASE("a long line is shown by its start, cut between two characters") {
  CHECK(shown_line(std::string(80, 'x')) == std::string(80, 'x'));
  CHECK(shown_line(std::string(79, 'x') + "\u00e9y") == std::string(79, 'x') + "...");
  CHECK(shown_line("a\tb") == "a\\tb");
}

TEST_CASE("small letters are ASCII's alone") {
  CHECK(ascii_lower("AZ@[az \u00c9\xC9") == "az@[az \u00c9\xC9");
  CHECK(ascii_lower("").empty());
}

TEST_CASE("one byte order mark is taken away") {
  CHECK(without_byte_order_mark("\xEF\xBB\xBF\xEF\xBB\xBFx") == "\xEF\xBB\xBFx");
  CHECK(without_byte_order_mark("\xEF\xBB").size() == 2);
}
