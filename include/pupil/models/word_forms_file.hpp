#pragma once
// How people write a captioner's words, kept in its file.

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/io/metadata_rewrite.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/text/tokenizer.hpp>
#include <pupil/text/word_forms.hpp>

namespace pupil::captioning {

namespace detail {

inline constexpr const char* word_forms_key = "word_forms";

/// A line a word: the word, a tab, its form.
inline std::string word_forms_text(const WordForms& forms) {
  std::string text;
  for (const auto& [word, form] : forms.all()) text += word + '\t' + form + '\n';
  return text;
}

}  // namespace detail

/// Puts the forms into the metadata of a file.
inline void write_word_forms(SafetensorsWriter& writer, const WordForms& forms) {
  writer.set_metadata(detail::word_forms_key, detail::word_forms_text(forms));
}

/// The forms in the metadata of a model's file; none in the files of earlier versions. Throws FileError where one of
/// them is no form of its word.
inline WordForms read_word_forms(const SafetensorsFile& file) {
  const auto text = file.metadata().find(detail::word_forms_key);
  std::map<std::string, std::string> forms;
  if (text == file.metadata().end()) return {};
  std::istringstream lines(text->second);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    std::string word = line.substr(0, tab), form = tab == line.npos ? "" : line.substr(tab + 1);
    require<FileError>(tokenize(form) == Sentence{word}, file.path().string(), ": ", detail::word_forms_key, " has \"",
                       shown_line(line), "\" in the metadata");
    forms.emplace(std::move(word), std::move(form));
  }
  return WordForms(std::move(forms));
}

/// Writes a model's file anew with these forms in it and all else as it was: all or nothing. Throws FileError, and the
/// older file stays.
inline void keep_word_forms(const std::filesystem::path& path, const WordForms& forms) {
  rewrite_metadata(path, {{detail::word_forms_key, detail::word_forms_text(forms)}});
}

}  // namespace pupil::captioning
