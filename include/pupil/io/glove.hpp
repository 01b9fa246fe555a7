#pragma once
// Word vectors in GloVe's text form: a word and its numbers on each line, with a space between each two. Pennington,
// Socher, Manning, "GloVe: global vectors for word representation", 2014.
//
//   the 0.418 0.24968 -0.41242
//   cat 0.15164 0.30177 -0.16763
//
// The first line says how many numbers there are. In the largest of the published files some words hold spaces, so the
// numbers are the last fields of a line, and what stands before them is the word. Words are UTF-8; some published files
// have a few that are not, which may be asked to be skipped.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/io/byte_numbers.hpp>
#include <pupil/io/mapped_file.hpp>
#include <pupil/io/text_file.hpp>

namespace pupil::captioning {

/// One line of a file of word vectors.
struct WordVector {
  std::size_t line = 0;   ///< counted from 1
  std::string_view word;  ///< valid as long as the reader
  std::vector<float> values;
};

/// What becomes of a word that is not UTF-8.
enum class MalformedWords { refuse, skip };

/// Reads a file of word vectors, one after another.
class GloveReader {
 public:
  /// Throws FileError, naming the path and the reason, where the file cannot be read or is no text.
  explicit GloveReader(const std::filesystem::path& path, MalformedWords malformed = MalformedWords::refuse)
      : name_(path.string()), file_(path), lines_(text_of(file_, name_)), malformed_(malformed) {}

  /// Reads the next line; false at the end of the file. A byte order mark is skipped. Throws FileError, with the path
  /// and the line, for a line without numbers, with more or fewer than the first, or where a number is none or not
  /// finite; and for a word that is not UTF-8, unless such are skipped.
  bool next(WordVector& vector) {
    while (next_of_any_bytes(vector)) {
      if (malformed_ == MalformedWords::refuse) require_utf8(vector.word, name_, vector.line);
      if (malformed_ == MalformedWords::refuse || is_utf8(vector.word)) return true;
    }
    return false;
  }

 private:
  /// The whole file is not looked through before it is read: it may be gigabytes.
  static std::string_view text_of(const MappedFile& file, const std::string& name) {
    return text_start(pupil::detail::text_of(file.bytes()), name);
  }

  bool next_of_any_bytes(WordVector& vector) {
    std::string_view line;
    if (!lines_.next(line)) return false;
    line_ = vector.line = lines_.number();
    if (line_ == 1) {
      dimension_ = spaces_in(line);
      is_count_line_ = dimension_ == 1 && line.find_first_not_of("0123456789 ") == line.npos;
    }
    check(dimension_ > 0, " has no numbers");
    check(spaces_in(line) >= dimension_, " has ", spaces_in(line), " numbers, line 1 has ", dimension_);
    std::string_view numbers = line;
    vector.word = split_word(line, numbers);
    vector.values.clear();
    while (!numbers.empty()) vector.values.push_back(take_number(numbers));
    return true;
  }

  template <class... Parts>
  void check(bool condition, const Parts&... parts) const {
    require<FileError>(condition, name_, ": line ", line_, parts...);
  }

  static Index spaces_in(std::string_view line) { return std::count(line.begin(), line.end(), ' '); }

  static bool parse(std::string_view field, float& value) {
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    return error == std::errc() && end == field.data() + field.size() && std::isfinite(value);
  }

  /// The word of a line, and the numbers behind it, each with the space before it.
  std::string_view split_word(std::string_view line, std::string_view& numbers) const {
    std::size_t end = line.size();
    for (Index i = 0; i < dimension_; ++i) end = line.rfind(' ', end - 1);
    const std::string_view word = line.substr(0, end);
    numbers = line.substr(end);
    check(!word.empty(), " does not begin with a word");
    float number = 0;
    const bool more = word.find(' ') != word.npos && parse(word.substr(word.rfind(' ') + 1), number);
    check(!more, " has more numbers than line 1, which has ", dimension_,
          is_count_line_ ? " (a first line of two counts is word2vec's or fastText's; take it away)" : "");
    return word;
  }

  float take_number(std::string_view& numbers) const {
    numbers.remove_prefix(1);
    const std::string_view field = numbers.substr(0, numbers.find(' '));
    float value = 0;
    check(parse(field, value), ": '", field, "' is not a finite number");
    numbers.remove_prefix(field.size());
    return value;
  }

  std::string name_;
  MappedFile file_;
  LineReader lines_;
  MalformedWords malformed_;
  std::size_t line_ = 0;
  Index dimension_ = 0;
  bool is_count_line_ = false;
};

}  // namespace pupil::captioning
