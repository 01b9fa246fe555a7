#pragma once
// One process at a time: a lock that dies with its owner, however that ends, and that says who has it.
//
// It is the system's lock (flock) on a small file that is made for it. The owner writes into the file who it is, and
// removes it at the end. A file that a killed process left keeps nobody out.

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/io/system.hpp>
#include <pupil/io/temporary_file.hpp>

#if PUPIL_POSIX
#include <sys/file.h>
#endif

namespace pupil::captioning {

/// Another process is at work on a file or a folder; the message says which process.
class FileInUse : public FileError {
 public:
  using FileError::FileError;
};

/// Held from construction to destruction. Where the system or the file system has no such locks, nobody is kept out.
class FileLock {
 public:
  /// Takes the lock on `file`, which protects `target`. `activity` is what others are told, such as "a training is
  /// running there". Throws FileInUse, `target: a training is running there (process 4711 on box)`, where another has
  /// the lock, and FileError where its file cannot be made.
  FileLock(std::filesystem::path file, const std::filesystem::path& target, std::string_view activity);
  FileLock(FileLock&&) noexcept = default;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock() { release(); }

  /// Whether the process that had it before was killed.
  bool taken_over() const noexcept { return taken_over_; }

 private:
  void release() noexcept;

  std::filesystem::path path_;
  bool taken_over_ = false;
#if PUPIL_POSIX
  bool try_once(const std::filesystem::path& target);
  bool is_named() const noexcept;
  std::string holder() const;
  void say_who(std::string_view activity);

  FileDescriptor file_;
  pid_t owner_ = ::getpid();
#endif
};

/// The name of a folder's lock, which lies in it.
inline constexpr std::string_view folder_lock_name = ".lock";

/// For writing in a folder, which must be there.
inline FileLock lock_folder(const std::filesystem::path& folder, std::string_view activity) {
  return FileLock(folder / folder_lock_name, folder, activity);
}

/// For writing one file: its lock lies beside it. Throws FileError too where there can be no such file.
inline FileLock lock_output(const std::filesystem::path& target,
                            std::string_view activity = "another process is writing it") {
  return FileLock(pupil::detail::replaceable(target).string() + ".lock", target, activity);
}

#if PUPIL_POSIX

inline FileLock::FileLock(std::filesystem::path file, const std::filesystem::path& target, std::string_view activity)
    : path_(std::move(file)) {
  while (!try_once(target)) {
  }
  if (file_.valid()) say_who(activity);
}

/// False where the owner removed the file after it was opened here.
inline bool FileLock::try_once(const std::filesystem::path& target) {
  file_ = FileDescriptor::open(path_, O_RDWR | O_CREAT, 0666);
  if (!file_.valid()) throw_file_error(target, "write", errno);
  const bool locked = retry_interrupted([&] { return ::flock(file_.get(), LOCK_EX | LOCK_NB); }) == 0;
  if (locked) return is_named();
  if (errno == EWOULDBLOCK) throw FileInUse(message(target.string(), ": ", holder()));
  static_cast<void>(file_.close());  // there are no locks here
  static_cast<void>(::unlink(path_.c_str()));
  return true;
}

/// Whether the file that is open here is the one that others find.
inline bool FileLock::is_named() const noexcept { return is_same_file(file_, path_); }

/// Who took the lock a moment ago has perhaps not yet said more, and gets a second to do so.
inline std::string FileLock::holder() const {
  std::array<char, 512> text{};
  for (int i = 0; i < 100; ++i) {
    const auto count = retry_interrupted([&] { return ::pread(file_.get(), text.data(), text.size(), 0); });
    if (count > 0) return std::string(text.data(), static_cast<std::size_t>(count));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return "another process is at work on it";
}

/// A failure, as of a full disk, is none of the lock: it only says less then.
inline void FileLock::say_who(std::string_view activity) {
  struct stat status {};
  taken_over_ = ::fstat(file_.get(), &status) == 0 && status.st_size > 0;
  std::array<char, 256> host{};
  static_cast<void>(::gethostname(host.data(), host.size() - 1));
  const std::string text = message(activity, " (process ", ::getpid(), " on ", host.data(), ')');
  if (::ftruncate(file_.get(), 0) != 0) return;
  static_cast<void>(retry_interrupted([&] { return ::pwrite(file_.get(), text.data(), text.size(), 0); }));
}

/// Removes the file before the lock is given back, so that none is left for others to find. A child of the owner that
/// got a copy by fork leaves the file: the lock is not its own.
inline void FileLock::release() noexcept {
  if (file_.valid() && owner_ == ::getpid() && is_named()) static_cast<void>(::unlink(path_.c_str()));
  static_cast<void>(file_.close());
}

#else

inline FileLock::FileLock(std::filesystem::path file, const std::filesystem::path&, std::string_view)
    : path_(std::move(file)) {}

inline void FileLock::release() noexcept {}

#endif

}  // namespace pupil::captioning
