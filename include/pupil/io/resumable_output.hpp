#pragma once
// A new file as writable memory, filled by as many runs of a program as it takes: what a killed one leaves is gone on
// with.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include <pupil/io/atomic_file.hpp>
#include <pupil/io/temporary_file.hpp>

#if PUPIL_POSIX
#include <sys/file.h>
#include <sys/mman.h>
#endif

namespace pupil::captioning {

/// `size` bytes, a beginning and then zeros, that become the file `target` at commit(). Until then they are
/// `target.partial`, which stays when the program ends in any other way, kill -9 included: the next that asks for the
/// same beginning and size gets the bytes as they were. After a power cut some of them may be zeros or older ones; what
/// must be whole needs a check of its own.
///
/// One program at a time fills a target. The space on the disk is taken at the start. Where there is no POSIX, nothing
/// is left to go on with.
class ResumableOutput {
 public:
  /// Throws FileError where the disk is full, the target cannot be replaced, or another program is filling it.
  ResumableOutput(const std::filesystem::path& target, std::string_view beginning, std::size_t size);
  ResumableOutput(const ResumableOutput&) = delete;
  ResumableOutput& operator=(const ResumableOutput&) = delete;
  ~ResumableOutput() { unmap(); }

  /// Where the bytes are until commit().
  static std::filesystem::path partial_file(const std::filesystem::path& target) {
    return pupil::detail::replaceable(target).string() + ".partial";
  }

  /// Whether an earlier program's bytes were found.
  bool resumed() const noexcept { return resumed_; }

  /// The contents; none after commit() or remove().
  std::span<std::byte> bytes() noexcept { return bytes_; }

  /// Gives back the memory of the pages that were touched; what was written stays written.
  void release_pages() noexcept {
#if PUPIL_POSIX
    if (!bytes_.empty()) ::madvise(bytes_.data(), bytes_.size(), MADV_DONTNEED);
#endif
  }

  /// Puts the bytes on the disk and the file in the target's place. Throws FileError, and the partial file stays.
  void commit();

  /// Gives up, and leaves nothing.
  void remove() noexcept {
    unmap();
    std::error_code ignored;
    std::filesystem::remove(partial_, ignored);
  }

 private:
  void open();
  void map(std::size_t size);
  void begin_anew(std::string_view beginning, std::size_t size);

  void unmap() noexcept {
#if PUPIL_POSIX
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
#endif
    bytes_ = {};
  }

  std::filesystem::path target_;
  std::filesystem::path partial_;
  bool resumed_ = false;
  std::span<std::byte> bytes_;
#if PUPIL_POSIX
  FileDescriptor file_;
#else
  std::vector<std::byte> memory_;
#endif
};

#if PUPIL_POSIX

inline ResumableOutput::ResumableOutput(const std::filesystem::path& target, std::string_view beginning,
                                        std::size_t size)
    : target_(pupil::detail::replaceable(target)), partial_(partial_file(target)) {
  open();
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) throw_file_error(target_, "write", errno);
  if (size > 0 && static_cast<std::size_t>(status.st_size) == size) {
    map(size);
    resumed_ = std::ranges::equal(std::as_bytes(std::span(beginning)), bytes_.first(beginning.size()));
  }
  if (!resumed_) begin_anew(beginning, size);
}

/// Opens the partial file and keeps others from it. Who had it before may have committed it in the meantime: then it
/// is the target that was opened, which is left alone.
inline void ResumableOutput::open() {
  file_ = FileDescriptor::open(partial_, O_RDWR | O_CREAT, 0666);
  if (!file_.valid()) throw_file_error(target_, "write", errno);
  const bool locked = ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  require<FileError>(locked && is_same_file(file_, partial_), target_.string(), ": another program is writing it");
}

inline void ResumableOutput::map(std::size_t size) {
  void* const mapping = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (mapping == MAP_FAILED) throw_file_error(target_, "map", errno);
  bytes_ = {static_cast<std::byte*>(mapping), size};
}

inline void ResumableOutput::begin_anew(std::string_view beginning, std::size_t size) {
  unmap();
  int code = ::ftruncate(file_.get(), 0) == 0 ? pupil::detail::take_space(file_, size) : errno;
  if (code == EOPNOTSUPP) code = ::ftruncate(file_.get(), static_cast<off_t>(size)) == 0 ? 0 : errno;
  if (code != 0) {
    remove();
    throw_file_error(target_, "write", code);
  }
  if (size > 0) map(size);
  std::ranges::copy(std::as_bytes(std::span(beginning)), bytes_.begin());
}

inline void ResumableOutput::commit() {
  if (!bytes_.empty() && ::msync(bytes_.data(), bytes_.size(), MS_SYNC) != 0) throw_file_error(target_, "write", errno);
  if (retry_interrupted([&] { return ::fsync(file_.get()); }) != 0) throw_file_error(target_, "write", errno);
  unmap();
  if (const int code = pupil::detail::rename_durably(partial_, target_); code != 0)
    throw_file_error(target_, "replace", code);
}

#else

inline ResumableOutput::ResumableOutput(const std::filesystem::path& target, std::string_view beginning,
                                        std::size_t size)
    : target_(pupil::detail::replaceable(target)), partial_(partial_file(target)) {
  begin_anew(beginning, size);
}

inline void ResumableOutput::begin_anew(std::string_view beginning, std::size_t size) {
  memory_.assign(size, std::byte{0});
  bytes_ = memory_;
  std::ranges::copy(std::as_bytes(std::span(beginning)), bytes_.begin());
}

inline void ResumableOutput::commit() {
  write_file_atomically(target_, memory_);
  unmap();
}

#endif

}  // namespace pupil::captioning
