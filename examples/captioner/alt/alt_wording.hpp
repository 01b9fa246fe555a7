#pragma once
// Captions as alt texts: a screen reader has said "image" already.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <pupil/core/utf8.hpp>

namespace captioner {

namespace detail {

/// Takes the first of the beginnings that the text has.
template <std::size_t Count>
bool take_one(std::string_view& text, const std::array<std::string_view, Count>& beginnings) {
  for (const std::string_view beginning : beginnings) {
    if (!pupil::ascii_lower(text.substr(0, beginning.size())).starts_with(beginning)) continue;
    text.remove_prefix(beginning.size());
    return true;
  }
  return false;
}

}  // namespace detail

/// The sentence without what whoever hears an alt text knows: "A photo of a dog." is "A dog."
inline std::string without_preamble(std::string_view sentence) {
  constexpr std::array<std::string_view, 3> beginnings{"this is ", "there is ", "here is "};
  constexpr std::array<std::string_view, 3> articles{"a ", "an ", "the "};
  constexpr std::array<std::string_view, 10> kinds{
      "black and white ", "black-and-white ", "close up ", "close-up ", "closeup ", "blurry ", "old ",
      "color ",           "colour ",          "small "};
  constexpr std::array<std::string_view, 8> pictures{"image of ",    "images of ",     "photo of ",
                                                     "photos of ",   "photograph of ", "picture of ",
                                                     "pictures of ", "photographs of "};
  std::string_view rest = sentence;
  detail::take_one(rest, beginnings);
  detail::take_one(rest, articles);
  while (detail::take_one(rest, kinds)) {
  }
  if (!detail::take_one(rest, pictures) || rest.empty()) return std::string(sentence);
  std::string said(rest);
  if (said.front() >= 'a' && said.front() <= 'z') said.front() = static_cast<char>(said.front() - 'a' + 'A');
  return without_preamble(said);  // "a picture of a picture of"
}

}  // namespace captioner
