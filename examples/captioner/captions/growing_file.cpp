#include "growing_file.hpp"

#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>

#include <pupil/core/errors.hpp>

#include "whole_write.hpp"

namespace captioner {

GrowingFile::GrowingFile(std::filesystem::path path)
    : path_(std::move(path)), file_(pupil::FileDescriptor::open(path_, O_RDWR | O_CREAT, 0666)) {
  if (!file_.valid()) pupil::throw_file_error(path_, "write", errno);
  struct stat status {};
  const bool is_regular = ::fstat(file_.get(), &status) == 0 && S_ISREG(status.st_mode);
  pupil::require<pupil::FileError>(is_regular, path_.string(), ": cannot write: is not a regular file");
}

void GrowingFile::append(std::string_view text, std::string_view end) {
  if (same_ && has_here(text)) {
    position_ += text.size();
    return;
  }
  if (std::exchange(same_, false)) cut_off();
  try {
    write_whole(file_, path_, std::string(text) + std::string(end), position_);
  } catch (const pupil::FileError&) {
    cut_off();
    write_whole(file_, path_, end, position_);  // in the place that is free again
    throw;
  }
  position_ += text.size();
}

void GrowingFile::finish(std::string_view end) {
  struct stat status {};
  const bool has_size =
      ::fstat(file_.get(), &status) == 0 && static_cast<std::uint64_t>(status.st_size) == position_ + end.size();
  if (has_size && has_here(end)) return;
  cut_off();
  write_whole(file_, path_, end, position_);
}

/// Whether the file goes on so behind what was appended.
bool GrowingFile::has_here(std::string_view text) const {
  std::string there(text.size(), '\0');
  std::size_t read = 0;
  while (read < there.size()) {
    const auto count = pupil::retry_interrupted([&] {
      return ::pread(file_.get(), there.data() + read, there.size() - read, static_cast<off_t>(position_ + read));
    });
    if (count < 0) pupil::throw_file_error(path_, "read", errno);
    if (count == 0) return false;
    read += static_cast<std::size_t>(count);
  }
  return there == text;
}

void GrowingFile::cut_off() const {
  if (::ftruncate(file_.get(), static_cast<off_t>(position_)) != 0) pupil::throw_file_error(path_, "write", errno);
}

}  // namespace captioner
