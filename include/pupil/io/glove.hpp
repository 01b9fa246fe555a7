#pragma once
// Word vectors in GloVe's text form: a word and its numbers on each line, with a space between each two. Pennington,
// Socher, Manning, "GloVe: global vectors for word representation", 2014.
//
//   the 0.418 0.24968 -0.41242
//   cat 0.15164 0.30177 -0.16763
//
// The first line says how many numbers there are. In the largest of the published files some words hold spaces, so the
// numbers are the last fields of a line, and what stands before them is the word.

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
#include <pupil/io/mapped_file.hpp>

namespace pupil {

/// One line of a file of word vectors.
struct WordVector {
  std::size_t line = 0;   ///< counted from 1
  std::string_view word;  ///< valid as long as the reader
  std::vector<float> values;
};

/// Reads a file of word vectors, one after another.
class GloveReader {
 public:
  /// Throws FileError, naming the path and the reason, where the file cannot be read.
  explicit GloveReader(const std::filesystem::path& path) : name_(path.string()), file_(path) {
    const auto bytes = file_.bytes();
    rest_ = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  /// Reads the next line, which may end with \n or \r\n; false at the end of the file. Throws FileError, with the path
  /// and the line, for a line without numbers, with more or fewer than the first, or where a number is none or not
  /// finite.
  bool next(WordVector& vector) {
    if (rest_.empty()) return false;
    vector.line = ++line_;
    const std::string_view line = take_line();
    if (line_ == 1) dimension_ = spaces_in(line);
    check(dimension_ > 0, " has no numbers");
    check(spaces_in(line) >= dimension_, " has ", spaces_in(line), " numbers, line 1 has ", dimension_);
    std::string_view numbers = line;
    vector.word = split_word(line, numbers);
    vector.values.clear();
    while (!numbers.empty()) vector.values.push_back(take_number(numbers));
    return true;
  }

 private:
  template <class... Parts>
  void check(bool condition, const Parts&... parts) const {
    require<FileError>(condition, name_, ": line ", line_, parts...);
  }

  std::string_view take_line() {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
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
    check(!more, " has more numbers than line 1, which has ", dimension_);
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
  std::string_view rest_;
  std::size_t line_ = 0;
  Index dimension_ = 0;
};

}  // namespace pupil
