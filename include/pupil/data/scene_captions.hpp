#pragma once
// Scenes in words: five differently worded captions for each, and the way back, from a caption to the shapes it names.
//
// Every caption names every shape with its colour, once, in reading order; some also say size, ground or relation.

#include <algorithm>
#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/data/scene.hpp>
#include <pupil/text/tokenizer.hpp>

namespace pupil::captioning {

/// A shape as a caption names it. A shape without a colour before it, and a colour without a shape after it, lack a
/// half.
struct NamedShape {
  std::optional<ShapeColor> color;
  std::optional<ShapeKind> kind;

  auto operator<=>(const NamedShape&) const = default;
};

namespace detail {

/// The captions of a layout: {A} is "a small red circle", {a} "a red circle", B and C the next shapes, {g} the ground.
constexpr std::array<std::string_view, 5> wordings(Layout layout) {
  switch (layout) {
    case Layout::single:
      return {"{A} on {g}", "there is {A} in the picture", "only {a} can be seen here",
              "the picture shows {A} and nothing else", "just one shape, {a}, on {g}"};
    case Layout::left_right:
      return {"{A} to the left of {B}", "there is {a} on the left and {b} on the right", "to the right of {A} is {B}",
              "the picture shows {a} and {b} side by side", "on {g}, {a} is next to {b}"};
    case Layout::above_below:
      return {"{A} above {B}", "there is {a} at the top and {b} at the bottom", "below {A} is {B}",
              "the picture shows {a} with {b} under it", "on {g}, {a} is over {b}"};
    case Layout::row:
      return {"{A}, {B} and {C} from left to right", "there is {a} on the left, {b} in the middle and {c} on the right",
              "to the right of {a} are {b} and {c}", "the picture shows {a}, {b} and {c} in a row",
              "on {g}, {a} is left of {b}, which is left of {c}"};
    case Layout::column:
      return {"{A}, {B} and {C} from top to bottom", "there is {a} at the top, {b} in the middle and {c} at the bottom",
              "below {a} is {b}, and below that {c}", "the picture shows {a}, {b} and {c} in a column",
              "on {g}, {a} is above {b}, which is above {c}"};
    case Layout::two_above_one:
      return {"{A} and {B} above {C}", "there is {a} next to {b} at the top, and {c} at the bottom",
              "below {a} and {b} is {c}", "the picture shows {A} and {B} with {C} under them",
              "on {g}, {a} and {b} are over {c}"};
    case Layout::one_above_two:
      return {"{A} above {B} and {C}", "there is {a} at the top, and {b} next to {c} at the bottom",
              "below {a} are {b} and {c}", "the picture shows {A} with {B} and {C} under it",
              "on {g}, {a} is over {b} and {c}"};
  }
  return {};
}

inline std::string with_article(const std::string& phrase) {
  const bool begins_with_vowel = std::string_view("aeiou").find(phrase.front()) != std::string_view::npos;
  return (begins_with_vowel ? "an " : "a ") + phrase;
}

inline std::string phrase_for(const SceneShape& shape, bool with_size) {
  std::string phrase;
  if (with_size) phrase = std::string(word_for(size_words, shape.size)) + ' ';
  phrase += word_for(color_words, shape.color);
  phrase += ' ';
  phrase += word_for(kind_words, shape.kind);
  return with_article(phrase);
}

/// What stands for a placeholder's letter.
inline std::string phrase_for(const Scene& scene, char letter) {
  if (letter == 'g') return with_article(std::string(word_for(ground_words, scene.ground)) + " ground");
  const bool with_size = letter <= 'C';
  const auto shape = static_cast<std::size_t>(letter - (with_size ? 'A' : 'a'));
  return phrase_for(scene.shapes[shape], with_size);
}

inline std::string worded(const Scene& scene, std::string_view wording) {
  std::string caption;
  for (std::size_t i = 0; i < wording.size(); ++i) {
    if (wording[i] == '{') {
      caption += phrase_for(scene, wording[i + 1]);
      i += 2;
    } else {
      caption += wording[i];
    }
  }
  return caption;
}

/// The enumerator whose word this is.
template <class Enum, std::size_t Count>
std::optional<Enum> value_of(const std::array<std::string_view, Count>& words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

}  // namespace detail

/// Five captions of the scene, each worded in its own way.
inline std::vector<std::string> captions_of(const Scene& scene) {
  std::vector<std::string> captions;
  for (const std::string_view wording : detail::wordings(scene.layout)) {
    captions.push_back(detail::worded(scene, wording));
  }
  return captions;
}

/// The shapes of the scene, sorted.
inline std::vector<NamedShape> named_shapes(const Scene& scene) {
  std::vector<NamedShape> named;
  for (const SceneShape& shape : scene.shapes) named.push_back({shape.color, shape.kind});
  std::sort(named.begin(), named.end());
  return named;
}

/// The shapes that a caption names, sorted: every pair of a colour's word and a shape's word right after it, and
/// whatever stands there without the other half. Case and punctuation do not matter.
inline std::vector<NamedShape> named_shapes(std::string_view caption) {
  std::vector<NamedShape> named;
  std::optional<ShapeColor> color;
  for (const std::string& word : tokenize(caption)) {
    const auto kind = detail::value_of<ShapeKind>(kind_words, word);
    if (kind || color) named.push_back({color, kind});
    color = detail::value_of<ShapeColor>(color_words, word);
  }
  if (color) named.push_back({color, std::nullopt});
  std::sort(named.begin(), named.end());
  return named;
}

/// Whether the caption is right: it names every shape of the scene in its colour, and nothing else.
inline bool describes(std::string_view caption, const Scene& scene) {
  return named_shapes(caption) == named_shapes(scene);
}

}  // namespace pupil::captioning
