#pragma once
// How people write words: T-shirt of "tshirt", TV of "tv", 's of the "s" in "man s". A captioner's words are in lower
// case and without punctuation; what stands in the captions that it learned from tells how each is best written.

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <pupil/core/utf8.hpp>
#include <pupil/text/tokenizer.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// The written forms of those words that are not written as they are.
class WordForms {
 public:
  WordForms() = default;
  explicit WordForms(std::map<std::string, std::string> forms) : forms_(std::move(forms)) {}

  /// The word's form; the word itself where it has no other.
  const std::string& of(const std::string& word) const {
    const auto found = forms_.find(word);
    return found == forms_.end() ? word : found->second;
  }

  /// By word.
  const std::map<std::string, std::string>& all() const { return forms_; }

  bool operator==(const WordForms&) const = default;

 private:
  std::map<std::string, std::string> forms_;
};

namespace detail {

/// Endings that Treebank's tokenizers cut off the word before, as in "man 's" and "does n't".
inline bool is_ending(std::string_view form) {
  constexpr std::array<std::string_view, 7> endings{"'s", "n't", "'re", "'ve", "'ll", "'d", "'m"};
  return std::ranges::find(endings, form) != endings.end();
}

/// What stands between two spaces, without the punctuation around it: the point of "U.S." and the apostrophe of "'s"
/// belong to the word.
inline std::string_view without_punctuation_around(std::string_view written) {
  const auto is_punctuation = [](char c) {
    return character_kind(static_cast<unsigned char>(c)) == CharacterKind::dropped;
  };
  const auto is_ascii_punctuation = [&](char c) { return static_cast<unsigned char>(c) < 0x80 && is_punctuation(c); };
  std::string_view form = written;
  while (!form.empty() && is_ascii_punctuation(form.back())) form.remove_suffix(1);
  if (is_ending(ascii_lower(form))) return form;
  while (!form.empty() && is_ascii_punctuation(form.front())) form.remove_prefix(1);
  const std::size_t end = static_cast<std::size_t>(form.data() - written.data()) + form.size();
  const bool is_abbreviation = form.find('.') != form.npos && written.substr(end).starts_with('.');
  return is_abbreviation ? std::string_view(form.data(), form.size() + 1) : form;
}

}  // namespace detail

/// Counts how words are written.
class WordFormCounter {
 public:
  /// The first word of a sentence is left out: its capital says nothing.
  void add(std::string_view caption) {
    bool is_first = true;
    for (std::size_t place = 0; place < caption.size();) {
      const std::size_t begin = caption.find_first_not_of(spaces, place);
      if (begin == caption.npos) return;
      const std::size_t end = std::min(caption.find_first_of(spaces, begin), caption.size());
      add_written(caption.substr(begin, end - begin), is_first);
      place = end;
    }
  }

  /// The commonest form of each word that the vocabulary has; of equally common ones the word itself, or the first in
  /// the order of their bytes.
  WordForms commonest(const Vocabulary& vocabulary) const {
    std::map<std::string, std::string> forms;
    for (const auto& [word, counts] : counts_) {
      if (vocabulary.id(word) == Vocabulary::unknown) continue;
      const auto own = counts.find(word);
      std::size_t most = own == counts.end() ? 0 : own->second;
      const std::string* best = &word;
      for (const auto& [form, count] : counts) {
        if (count <= most) continue;
        most = count;
        best = &form;
      }
      if (*best != word) forms.emplace(word, *best);
    }
    return WordForms(std::move(forms));
  }

 private:
  static constexpr std::string_view spaces = " \t\r\n\f\v";

  void add_written(std::string_view written, bool& is_first) {
    const Sentence words = tokenize(written);
    if (words.size() == 1 && !is_first) {
      ++counts_[words.front()][std::string(detail::without_punctuation_around(written))];
    }
    const bool ends_sentence = written.ends_with('.') || written.ends_with('!') || written.ends_with('?');
    is_first = ends_sentence || (is_first && words.empty());
  }

  std::map<std::string, std::map<std::string, std::size_t>> counts_;
};

}  // namespace pupil::captioning
