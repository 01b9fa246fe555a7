#pragma once
// require_space: whether a folder has room for what will be written there, before hours of work come to that.

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <pupil/core/errors.hpp>

namespace pupil::captioning {

/// Throws FileError where fewer than `bytes` bytes are free for this process in the file system of the folder, and says
/// both: "runs/a: 3 MB are free there, and the checkpoints take 160 MB". Says nothing where that cannot be known.
inline void require_space(const std::filesystem::path& folder, std::uintmax_t bytes, std::string_view what) {
  constexpr std::uintmax_t megabyte = 1'000'000;
  std::error_code unknown;
  const std::uintmax_t available = std::filesystem::space(folder, unknown).available;
  require<FileError>(unknown || available >= bytes, folder.string(), ": ", available / megabyte,
                     " MB are free there, and ", what, " take ", (bytes + megabyte - 1) / megabyte, " MB");
}

}  // namespace pupil::captioning
