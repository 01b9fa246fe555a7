#pragma once
// Text files, all by one door: a byte order mark is skipped, lines end as on Linux, Windows or old Macs, and what is no
// UTF-8 text is an error that says what it is, and how to convert it.

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/io/byte_numbers.hpp>
#include <pupil/io/foreign_files.hpp>
#include <pupil/io/mapped_file.hpp>

namespace pupil::captioning {

namespace detail {

/// "UTF-16LE" and the like where the bytes begin with such a mark, or have the zeros of its ASCII characters; empty for
/// others.
inline std::string_view wide_encoding(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xFF\xFE\0\0"sv)) return "UTF-32LE";
  if (bytes.starts_with("\0\0\xFE\xFF"sv)) return "UTF-32BE";
  if (bytes.starts_with("\xFF\xFE"sv)) return "UTF-16LE";
  if (bytes.starts_with("\xFE\xFF"sv)) return "UTF-16BE";
  // Without a mark: letters, digits, blanks and line ends of ASCII have their zeros at the same places.
  const std::string_view start = bytes.substr(0, std::min<std::size_t>(bytes.size(), 4096) / 4 * 4);
  std::array<std::size_t, 4> zeros{};
  for (std::size_t i = 0; i < start.size(); ++i) zeros[i % 4] += start[i] == '\0' ? 1 : 0;
  const std::size_t units = start.size() / 4;
  const auto mostly = [&](std::size_t place) { return units > 0 && 4 * zeros[place] > units; };
  const auto rarely = [&](std::size_t place) { return 16 * zeros[place] <= units; };
  if (mostly(3) && mostly(2) && rarely(0)) return "UTF-32LE";
  if (mostly(0) && mostly(1) && rarely(3)) return "UTF-32BE";
  if (mostly(1) && mostly(3) && rarely(0) && rarely(2)) return "UTF-16LE";
  if (mostly(0) && mostly(2) && rarely(1) && rarely(3)) return "UTF-16BE";
  return {};
}

/// What can be done about a file that is no text, behind what it is.
inline std::string_view way_to_text(FileFamily family) {
  switch (family) {
    case FileFamily::zip:
      return " (or an Excel workbook); unpack it (or save it as CSV, UTF-8)";
    case FileFamily::archive:
      return "; unpack it";
    case FileFamily::office:
      return "; save it as CSV, UTF-8";
    default:
      return "";
  }
}

/// What a file of bytes that are no text is, by how it begins; unknown for texts, and where nobody knows.
inline ForeignFile kind_of_binary(std::string_view bytes) {
  const ForeignFile file = kind_of_foreign_file(std::as_bytes(std::span(bytes)));
  // What has letters alone there begins as another kind by chance.
  const bool is_text = pupil::detail::begins_as_text(bytes) && file.family != FileFamily::document;
  return is_text ? ForeignFile{} : file;
}

/// The line of the byte at `position`, counted from 1; lines end with \n, \r\n or \r.
inline std::size_t line_of(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position);
  const auto line_feeds = std::count(before.begin(), before.end(), '\n');
  const bool old_mac = text.find('\n') == std::string_view::npos;
  const auto ends = old_mac ? std::count(before.begin(), before.end(), '\r') : line_feeds;
  return static_cast<std::size_t>(ends) + 1;
}

/// "byte 0xE4 behind 'ein M' is not UTF-8 (...)", for the first malformed byte of a text.
inline std::string malformed_byte(std::string_view text, std::size_t position) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(text[position]);
  const std::size_t line_end = text.substr(0, position).find_last_of("\r\n");
  std::size_t from = line_end == std::string_view::npos ? 0 : line_end + 1;
  while (position - from > 24) from += std::max<std::size_t>(1, utf8_sequence_length(text, from));
  const std::string behind = visible(text.substr(from, position - from));
  return message(
      "byte 0x", digits[byte >> 4], digits[byte & 15u], behind.empty() ? "" : " behind '" + behind + "'",
      " is not UTF-8 (iconv -f ENCODING -t UTF-8 converts a file; Western texts that are not UTF-8 are mostly "
      "WINDOWS-1252, Chinese ones GB18030)");
}

}  // namespace detail

/// Throws FileError, `name: line 7: ...`, where the text is not UTF-8; `line` is its first line's number.
inline void require_utf8(std::string_view text, std::string_view name, std::size_t line = 1) {
  const std::size_t malformed = find_malformed_utf8(text);
  if (malformed == std::string_view::npos) return;
  throw FileError(message(name, ": line ", line - 1 + detail::line_of(text, malformed), ": ",
                          detail::malformed_byte(text, malformed)));
}

/// The text in the bytes of a file, without a byte order mark, or the first part of both. Throws FileError, beginning
/// with `name`, where they are UTF-16 or UTF-32, or begin as something else does that is no text.
inline std::string_view text_start(std::string_view bytes, std::string_view name) {
  const std::string_view wide = detail::wide_encoding(bytes);
  require<FileError>(wide.empty(), name, ": is text in ", wide, ", which is not read; iconv -f ", wide,
                     " -t UTF-8 converts it");
  const ForeignFile binary = detail::kind_of_binary(bytes);
  require<FileError>(!binary.is_known(), name, ": is not text but ", binary.kind, detail::way_to_text(binary.family));
  return without_byte_order_mark(bytes);
}

/// The same of all bytes of a file, which must not hold a zero, as no text does. Whether they are UTF-8 is for
/// `require_utf8` to say, because names of files need not be.
inline std::string_view text_in(std::string_view bytes, std::string_view name) {
  const std::string_view text = text_start(bytes, name);
  const std::size_t zero = text.find('\0');
  if (zero != text.npos) {
    throw FileError(message(name, ": line ", detail::line_of(text, zero), ": a zero byte, which is no text"));
  }
  return text;
}

/// A file of text, kept open while the object lives.
class TextFile {
 public:
  /// Throws FileError, naming the path and the reason, where the file cannot be read or is no text.
  explicit TextFile(const std::filesystem::path& path)
      : name_(path.string()), file_(path), text_(text_in(pupil::detail::text_of(file_.bytes()), name_)) {}

  /// As messages name it: the path.
  const std::string& name() const { return name_; }

  /// All of it but a byte order mark. Any bytes but zeros; `require_utf8(file.text(), file.name())` asks for more.
  std::string_view text() const { return text_; }

 private:
  std::string name_;
  MappedFile file_;
  std::string_view text_;
};

/// The lines of a text, one after another. They end with \n or \r\n, or with \r where the whole text has no \n, as old
/// Macs wrote; the last one may have no end.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text), end_(text.find('\n') == text.npos ? '\r' : '\n') {}

  /// Reads the next line, without its end; false where none is left.
  bool next(std::string_view& line) {
    if (rest_.empty()) return false;
    ++number_;
    const std::size_t length = std::min(rest_.find(end_), rest_.size());
    line = rest_.substr(0, length);
    rest_.remove_prefix(std::min(length + 1, rest_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return true;
  }

  /// Of the line that was read last, counted from 1.
  std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  char end_;
  std::size_t number_ = 0;
};

}  // namespace pupil::captioning
