#pragma once
// A new file beside the one that it is to replace. Only commit() touches the target, by renaming: whoever looks at the
// target sees the old contents or the new ones, never a mixture, whatever fails and wherever the process is killed.
//
// Where the system can (Linux's O_TMPFILE), the new file has no name until commit(): it is gone with its process, even
// by kill -9. Elsewhere it has one from the start, and what a killed process left is removed by the next that writes
// the same target.

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <pupil/io/leftovers.hpp>
#include <pupil/io/system.hpp>

#if PUPIL_POSIX
#include <sys/file.h>
#endif

namespace pupil {

/// When a temporary file gets a name.
enum class TemporaryNaming {
  at_commit,  ///< as late as the system can
  at_once
};

/// Every failure, such as a full disk, is a FileError that names the target and the reason; the temporary is gone by
/// then and the target as it was. The same happens on destruction without commit.
class TemporaryFile {
 public:
  /// Creates the temporary. Throws FileError where that fails, or where the target is a directory or a device.
  explicit TemporaryFile(const std::filesystem::path& target, TemporaryNaming naming = TemporaryNaming::at_commit);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { discard(); }

  /// Appends, past all interruptions and partial writes.
  void write(std::span<const std::byte> bytes);

  /// Makes the file, still empty, `size` zeros long with its place on the disk taken, so that writing into a map of it
  /// cannot run out of space later.
  void reserve(std::size_t size);

  /// Has the bytes put on the disk, then renames the temporary to the target.
  void commit();

  const std::filesystem::path& target() const noexcept { return target_; }

  /// Closes and removes the temporary, and throws FileError: nothing can be committed after a failure.
  [[noreturn]] void fail(const char* action, int code) {
    discard();
    throw_file_error(target_, action, code);
  }

#if PUPIL_POSIX
  int descriptor() const noexcept { return file_.get(); }
#endif

 private:
  void create_named();
  void write_zeros(std::size_t size);
#if PUPIL_POSIX
  bool create_unnamed();
  bool keep_lock();
  void give_name();
#else
  void close();
#endif

  bool is_open() const noexcept {
#if PUPIL_POSIX
    return file_.valid();
#else
    return file_ != nullptr;
#endif
  }

  void require_open() const {
    require<FileError>(is_open(), target_.string(), ": cannot write: already committed, or given up after a failure");
  }

  void discard() noexcept {
#if PUPIL_POSIX
    static_cast<void>(file_.close());
#else
    if (file_ != nullptr) std::fclose(std::exchange(file_, nullptr));
#endif
    std::error_code ignored;
    if (!temporary_.empty()) std::filesystem::remove(temporary_, ignored);
    temporary_.clear();
  }

  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty where it has no name: not yet, or no longer
#if PUPIL_POSIX
  FileDescriptor file_;
#else
  std::FILE* file_ = nullptr;
#endif
};

namespace detail {

/// The file that is to be replaced where a user names `target`: a link stays, and what it points to is replaced. Throws
/// FileError where that is a directory or a device.
inline std::filesystem::path replaceable(const std::filesystem::path& target) {
  std::filesystem::path file = target;
  std::error_code code;
  if (std::filesystem::is_symlink(target, code)) {
    const auto linked = std::filesystem::canonical(target, code);
    if (!code) file = linked;
  }
  const auto status = std::filesystem::status(file, code);
  if (std::filesystem::is_directory(status)) throw_file_error(target, "write", EISDIR);
  require<FileError>(!std::filesystem::exists(status) || std::filesystem::is_regular_file(status), target.string(),
                     ": cannot write: exists and is not a regular file");
  return file;
}

/// Renames a file that is on the disk already, and has the new name put there too. Returns 0 or the system's error.
inline int rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code code;
  std::filesystem::rename(from, to, code);
#if PUPIL_POSIX
  // The new name is on the disk only once its directory is. Some file systems cannot be asked for that.
  const auto parent = to.has_parent_path() ? to.parent_path() : std::filesystem::path(".");
  const FileDescriptor directory = FileDescriptor::open(parent, O_RDONLY);
  if (!code && directory.valid() && ::fsync(directory.get()) != 0 && errno == EIO) return EIO;
#endif
  return code.value();
}

}  // namespace detail

inline void TemporaryFile::write_zeros(std::size_t size) {
  const std::vector<std::byte> zeros(std::min(size, std::size_t{1} << 20));
  for (std::size_t written = 0; written < size; written += zeros.size()) {
    write(std::span(zeros).first(std::min(zeros.size(), size - written)));
  }
}

#if PUPIL_POSIX

namespace detail {

/// Makes an empty file so many zeros long with their place on the disk taken. Returns 0 or the system's error;
/// EOPNOTSUPP where it has no such call.
inline int take_space([[maybe_unused]] const FileDescriptor& file, std::size_t size) {
  if (size == 0) return 0;
  int code = EOPNOTSUPP;
#if defined(_POSIX_ADVISORY_INFO) && _POSIX_ADVISORY_INFO > 0
  code = EINTR;
  while (code == EINTR) code = ::posix_fallocate(file.get(), 0, static_cast<off_t>(size));
#endif
  return code == EINVAL ? EOPNOTSUPP : code;
}

}  // namespace detail

inline TemporaryFile::TemporaryFile(const std::filesystem::path& target, TemporaryNaming naming)
    : target_(detail::replaceable(target)) {
  remove_leftovers(target_.parent_path(), target_.filename().string());
  if (naming == TemporaryNaming::at_once || !create_unnamed()) create_named();
}

/// False where there are no such files here.
inline bool TemporaryFile::create_unnamed() {
#ifdef O_TMPFILE
  if (::access("/proc/self/fd", X_OK) != 0) return false;  // it gets its name through there
  const auto folder = target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
  file_ = FileDescriptor::open(folder, O_TMPFILE | O_RDWR, 0666);
  return file_.valid() && keep_lock();
#else
  return false;
#endif
}

inline void TemporaryFile::create_named() {
  do {  // a process of the same number may have been killed here before, or another take the new file for a leftover
    temporary_ = detail::temporary_name(target_);
    file_ = FileDescriptor::open(temporary_, O_RDWR | O_CREAT | O_EXCL, 0666);
  } while (file_.valid() ? !keep_lock() : errno == EEXIST);
  if (!file_.valid()) {
    const int code = errno;
    temporary_.clear();
    fail("write", code);
  }
}

/// Tells others that the file is no leftover. False where one of them was faster; file systems without locks have none
/// of them.
inline bool TemporaryFile::keep_lock() {
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  return temporary_.empty() || is_same_file(file_, temporary_);
}

inline void TemporaryFile::give_name() {
  const std::string open_file = message("/proc/self/fd/", file_.get());
  do {
    temporary_ = detail::temporary_name(target_);
    if (::linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) == 0) return;
  } while (errno == EEXIST);
  const int code = errno;
  temporary_.clear();
  fail("write", code);
}

/// Closes the file last: until then its lock keeps others from taking it for a leftover.
inline void TemporaryFile::commit() {
  require_open();
  if (retry_interrupted([&] { return ::fsync(file_.get()); }) != 0) fail("write", errno);
  if (temporary_.empty()) give_name();
  if (const int code = detail::rename_durably(temporary_, target_); code != 0) fail("replace", code);
  temporary_.clear();
  static_cast<void>(file_.close());  // all is on the disk
}

inline void TemporaryFile::write(std::span<const std::byte> bytes) {
  require_open();
  while (!bytes.empty()) {
    const auto count = retry_interrupted([&] { return ::write(file_.get(), bytes.data(), bytes.size()); });
    if (count < 0) fail("write", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

inline void TemporaryFile::reserve(std::size_t size) {
  require_open();
  const int code = detail::take_space(file_, size);
  if (code == EOPNOTSUPP) return write_zeros(size);
  if (code != 0) fail("write", code);
}

#else

inline TemporaryFile::TemporaryFile(const std::filesystem::path& target, TemporaryNaming)
    : target_(detail::replaceable(target)) {
  create_named();
}

inline void TemporaryFile::create_named() {
  do {
    temporary_ = detail::temporary_name(target_);
    file_ = std::fopen(temporary_.string().c_str(), "wbx");
  } while (file_ == nullptr && errno == EEXIST);
  if (file_ == nullptr) {
    const int code = errno;
    temporary_.clear();
    fail("write", code);
  }
}

inline void TemporaryFile::write(std::span<const std::byte> bytes) {
  require_open();
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail("write", errno);
}

inline void TemporaryFile::reserve(std::size_t size) {
  require_open();
  write_zeros(size);
}

inline void TemporaryFile::close() {
  if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("write", errno);
}

inline void TemporaryFile::commit() {
  require_open();
  close();
  if (const int code = detail::rename_durably(temporary_, target_); code != 0) fail("replace", code);
  temporary_.clear();
}

#endif

}  // namespace pupil
