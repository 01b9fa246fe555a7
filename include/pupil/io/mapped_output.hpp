#pragma once
// A new file as writable memory: for results larger than memory, filled in place and by many threads.

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include <pupil/io/temporary_file.hpp>

#if PUPIL_POSIX
#include <sys/mman.h>
#endif

namespace pupil::captioning {

/// `size` zero bytes that become the file `target` at commit(), and never without one. The space on the disk is taken
/// at the start: a full disk is a FileError from the constructor, not a signal while writing.
class MappedOutput {
 public:
  MappedOutput(const std::filesystem::path& target, std::size_t size);
  MappedOutput(const MappedOutput&) = delete;
  MappedOutput& operator=(const MappedOutput&) = delete;
  ~MappedOutput() { unmap(); }

  /// The contents; none after commit().
  std::span<std::byte> bytes() noexcept { return bytes_; }

  /// Puts the bytes on the disk and the file in the target's place.
  void commit();

 private:
  void unmap() noexcept {
#if PUPIL_POSIX
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
#endif
    bytes_ = {};
  }

  TemporaryFile file_;
  std::span<std::byte> bytes_;
#if !PUPIL_POSIX
  std::vector<std::byte> memory_;
#endif
};

#if PUPIL_POSIX

inline MappedOutput::MappedOutput(const std::filesystem::path& target, std::size_t size) : file_(target) {
  file_.reserve(size);
  if (size == 0) return;
  void* const mapping = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.descriptor(), 0);
  if (mapping == MAP_FAILED) file_.fail("map", errno);
  bytes_ = {static_cast<std::byte*>(mapping), size};
}

inline void MappedOutput::commit() {
  if (!bytes_.empty() && ::msync(bytes_.data(), bytes_.size(), MS_SYNC) != 0) file_.fail("write", errno);
  unmap();
  file_.commit();
}

#else

inline MappedOutput::MappedOutput(const std::filesystem::path& target, std::size_t size)
    : file_(target), memory_(size) {
  bytes_ = memory_;
}

inline void MappedOutput::commit() {
  file_.write(memory_);
  unmap();
  file_.commit();
}

#endif

}  // namespace pupil::captioning
