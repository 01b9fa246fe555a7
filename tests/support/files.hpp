#pragma once
// Files for tests: whole files, what an error says, and a disk that is full.

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <pupil/core/errors.hpp>

#include "temporary_folder.hpp"

namespace pupil::testing {

/// Files of this process cannot grow beyond so many bytes, as if the disk were full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &saved_);
    const rlimit limited{bytes, saved_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &saved_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit saved_{};
};

/// Where real data lies that is no part of the project: PUPIL_SHARED, or `shared` beside the checkout. Tests that want
/// it are run in the checkout, and skipped where it is absent.
inline std::filesystem::path shared_folder() {
  const char* const named = std::getenv("PUPIL_SHARED");
  return named != nullptr ? named : "../shared";
}

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  require<FileError>(file.is_open(), path.string(), ": cannot open");
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void put_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  require<FileError>(file.good(), path.string(), ": cannot write");
}

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// What the `Kind` says that `action` throws; "no error" where it throws nothing. Other exceptions fly on.
template <class Kind, class Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Kind& error) {
    return error.what();
  }
  return "no error";
}

/// Whether one of the texts stands in the other.
inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace pupil::testing
