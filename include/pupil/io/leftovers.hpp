#pragma once
// Temporary files: their names, and what killed processes leave of them.
//
// A process keeps a lock on each temporary file that has a name. A file without a lock is nobody's any more.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <pupil/core/errors.hpp>
#include <pupil/io/system.hpp>

#if PUPIL_POSIX
#include <sys/file.h>
#endif

namespace pupil {

namespace detail {

/// `model.safetensors.1234-0.tmp`: another name at every call and in every process.
inline std::filesystem::path temporary_name(const std::filesystem::path& target) {
  static std::atomic<unsigned> count{0};
#if PUPIL_POSIX
  const auto process = ::getpid();
#else
  const auto process = 0;
#endif
  return target.string() + message('.', process, '-', count++, ".tmp");
}

/// `model.safetensors` of such a name; empty for other names.
inline std::string_view target_of_temporary(std::string_view name) {
  const auto drop = [&](std::string_view end) {
    const bool ends = name.ends_with(end);
    if (ends) name.remove_suffix(end.size());
    return ends;
  };
  const auto drop_number = [&] {
    const std::size_t digits = name.size() - std::min(name.size(), name.find_last_not_of("0123456789") + 1);
    name.remove_suffix(digits);
    return digits > 0;
  };
  const bool is_temporary = drop(".tmp") && drop_number() && drop("-") && drop_number() && drop(".");
  return is_temporary ? name : std::string_view();
}

/// Removes a file unless a process has a lock on it.
inline void remove_if_unlocked([[maybe_unused]] const std::filesystem::path& path) noexcept {
#if PUPIL_POSIX
  const int descriptor = retry_interrupted([&] { return ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW); });
  const FileDescriptor file(descriptor);
  if (!file.valid() || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return;
  if (is_same_file(file, path)) static_cast<void>(::unlink(path.c_str()));
#endif
}

}  // namespace detail

/// Removes the temporary files that killed processes left in a folder: all, or those of one target, by its file name.
/// Those of processes that are at work stay. Nothing is an error: what cannot be removed stays.
inline void remove_leftovers(const std::filesystem::path& folder, std::string_view target = {}) {
  std::error_code unreadable;
  std::filesystem::directory_iterator entries(folder.empty() ? "." : folder, unreadable);
  for (; !unreadable && entries != std::filesystem::directory_iterator(); entries.increment(unreadable)) {
    const std::string name = entries->path().filename().string();
    const std::string_view found = detail::target_of_temporary(name);
    if (!found.empty() && (target.empty() || found == target)) detail::remove_if_unlocked(entries->path());
  }
}

}  // namespace pupil
