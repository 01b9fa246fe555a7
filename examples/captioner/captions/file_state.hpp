#pragma once
// What tells that a file was changed, without reading it.

#include <cstdint>
#include <optional>
#include <string>

#include <pupil/io/system.hpp>

namespace captioner {

struct FileState {
  std::uint64_t size = 0;     ///< bytes
  std::int64_t modified = 0;  ///< nanoseconds, of the system's clock

  bool operator==(const FileState&) const = default;
};

/// Of a file that is there.
inline std::optional<FileState> file_state(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  constexpr std::int64_t second = 1'000'000'000;
  return FileState{static_cast<std::uint64_t>(status.st_size),
                   std::int64_t{status.st_mtim.tv_sec} * second + status.st_mtim.tv_nsec};
}

}  // namespace captioner
