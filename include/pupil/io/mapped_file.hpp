#pragma once
// A file as memory: mapped read-only, so that opening a large one costs nothing and its pages are shared.

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <utility>
#include <vector>

#include <pupil/io/system.hpp>

#if PUPIL_POSIX
#include <sys/mman.h>
#endif

namespace pupil {

/// All bytes of a file, read-only, for as long as the object lives. Pipes and devices, which cannot be mapped, are
/// read.
class MappedFile {
 public:
  /// Throws FileError, naming the path and the reason, where the file is missing, a directory or not readable. An empty
  /// file is no error: it has no bytes.
  explicit MappedFile(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept { swap(other); }
  MappedFile& operator=(MappedFile&& other) noexcept {
    MappedFile taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~MappedFile() {
#if PUPIL_POSIX
    if (mapping_ != nullptr) ::munmap(mapping_, bytes_.size());
#endif
  }

  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  /// Gives back the memory of the pages that were read, which counts as the program's own while it is mapped. They are
  /// read again when they are needed.
  void release_pages() const noexcept {
#if PUPIL_POSIX
    if (mapping_ != nullptr) ::madvise(mapping_, bytes_.size(), MADV_DONTNEED);
#endif
  }

 private:
  void swap(MappedFile& other) noexcept {
    std::swap(mapping_, other.mapping_);
    std::swap(copy_, other.copy_);  // keeps the addresses of the elements
    std::swap(bytes_, other.bytes_);
  }

  void* mapping_ = nullptr;
  std::vector<std::byte> copy_;  // the bytes of what cannot be mapped
  std::span<const std::byte> bytes_;
};

#if PUPIL_POSIX

namespace detail {

/// Everything from here to the end of a pipe or device.
inline std::vector<std::byte> read_to_end(const FileDescriptor& file, const std::filesystem::path& path) {
  constexpr std::size_t block = std::size_t{1} << 16;
  std::vector<std::byte> bytes;
  std::size_t used = 0;
  while (true) {
    bytes.resize(used + block);
    const auto count = retry_interrupted([&] { return ::read(file.get(), bytes.data() + used, block); });
    if (count < 0) throw_file_error(path, "read", errno);
    used += static_cast<std::size_t>(count);
    if (count == 0) break;
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace detail

inline MappedFile::MappedFile(const std::filesystem::path& path) {
  const FileDescriptor file = FileDescriptor::open(path, O_RDONLY);
  if (!file.valid()) throw_file_error(path, "open", errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_file_error(path, "open", errno);
  if (S_ISDIR(status.st_mode)) throw_file_error(path, "read", EISDIR);

  if (!S_ISREG(status.st_mode)) {
    copy_ = detail::read_to_end(file, path);
    bytes_ = copy_;
  } else if (status.st_size > 0) {
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (mapping == MAP_FAILED) throw_file_error(path, "map", errno);
    mapping_ = mapping;
    bytes_ = {static_cast<const std::byte*>(mapping), size};
  }
}

#else

inline MappedFile::MappedFile(const std::filesystem::path& path) {
  std::error_code code;
  const auto status = std::filesystem::status(path, code);
  if (!std::filesystem::exists(status)) throw_file_error(path, "open", ENOENT);
  if (std::filesystem::is_directory(status)) throw_file_error(path, "read", EISDIR);
  std::ifstream file(path, std::ios::binary);
  if (!file) throw_file_error(path, "open", EACCES);
  constexpr std::size_t block = std::size_t{1} << 16;
  while (file) {
    const std::size_t used = copy_.size();
    copy_.resize(used + block);
    file.read(reinterpret_cast<char*>(copy_.data() + used), static_cast<std::streamsize>(block));
    copy_.resize(used + static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) throw_file_error(path, "read", EIO);
  bytes_ = copy_;
}

#endif

}  // namespace pupil
