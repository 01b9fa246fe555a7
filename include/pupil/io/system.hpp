#pragma once
// What the files of this floor need of the operating system: whether it is POSIX, its reasons, and open descriptors.
//
// PUPIL_POSIX is 1 where memory maps and fsync may be used; elsewhere, or under PUPIL_NO_POSIX, the standard library
// does the same work without them.

#if !defined(PUPIL_NO_POSIX) && (defined(__unix__) || defined(__APPLE__))
#define PUPIL_POSIX 1
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#define PUPIL_POSIX 0
#endif

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <pupil/core/errors.hpp>

namespace pupil {

/// Throws FileError `path: cannot open: No such file or directory`, for the action and an error number of the system.
[[noreturn]] inline void throw_file_error(const std::filesystem::path& path, const char* action, int code) {
  throw FileError(message(path.string(), ": cannot ", action, ": ", std::generic_category().message(code)));
}

#if PUPIL_POSIX

/// Repeats a system call that a signal interrupted before it did anything.
template <class Call>
auto retry_interrupted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// An open file, closed with its owner.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileDescriptor() { static_cast<void>(close()); }

  /// Invalid where the file could not be opened; errno then says why.
  static FileDescriptor open(const std::filesystem::path& path, int flags, mode_t mode = 0) {
    return FileDescriptor(retry_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); }));
  }

  bool valid() const noexcept { return descriptor_ >= 0; }
  int get() const noexcept { return descriptor_; }

  /// Closes now; false, with errno, where the system reports a failure that it had kept until here.
  bool close() noexcept {
    const int descriptor = std::exchange(descriptor_, -1);
    return descriptor < 0 || ::close(descriptor) == 0 || errno == EINTR;
  }

 private:
  int descriptor_ = -1;
};

/// Whether a path names the file that is open: it may have been removed, or replaced, since.
inline bool is_same_file(const FileDescriptor& file, const std::filesystem::path& path) noexcept {
  struct stat opened {};
  struct stat named {};
  return ::fstat(file.get(), &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

#endif

}  // namespace pupil
