#pragma once
// Writing at a place in a file, all of a text or an error.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include <pupil/io/system.hpp>

namespace captioner {

/// Throws FileError, naming `path`, where it cannot be written.
inline void write_whole(const pupil::FileDescriptor& file, const std::filesystem::path& path, std::string_view text,
                        std::uint64_t place) {
  while (!text.empty()) {
    const auto count = pupil::retry_interrupted(
        [&] { return ::pwrite(file.get(), text.data(), text.size(), static_cast<off_t>(place)); });
    if (count < 0) pupil::throw_file_error(path, "write", errno);
    text.remove_prefix(static_cast<std::size_t>(count));
    place += static_cast<std::uint64_t>(count);
  }
}

}  // namespace captioner
