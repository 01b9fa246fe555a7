#pragma once
// Writing a file so that it is either all there or not at all.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include <pupil/io/temporary_file.hpp>

namespace pupil {

/// A buffered TemporaryFile. Nothing is seen of it under its name before commit(), and nothing ever without one:
///
///     AtomicFile file("history.csv");
///     file.write("epoch,loss\n");
///     file.commit();
///
/// Every failure is a FileError that names the target and the reason; the old target then is as it was.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& target) : file_(target) { buffer_.reserve(buffer_size); }

  /// Appends bytes. Throws FileError.
  void write(std::span<const std::byte> bytes) {
    if (buffer_.size() + bytes.size() > buffer_size) flush();
    if (bytes.size() > buffer_size) {
      file_.write(bytes);
    } else {
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }
  }

  /// Appends text. Throws FileError.
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

  /// Puts all bytes on the disk and the file in the target's place. Nothing can be written after it.
  void commit() {
    flush();
    file_.commit();
  }

 private:
  static constexpr std::size_t buffer_size = std::size_t{1} << 16;

  void flush() {
    file_.write(buffer_);
    buffer_.clear();
  }

  TemporaryFile file_;
  std::vector<std::byte> buffer_;
};

/// The bytes as the new contents of the file at `path`, or a FileError and the old ones.
inline void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

/// The text as the new contents of the file at `path`, or a FileError and the old ones.
inline void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

}  // namespace pupil
