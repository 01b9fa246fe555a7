#pragma once
// Memory for tensors: 64-byte-aligned blocks that are recycled, so that a training loop asks nothing of the system once
// it has seen its shapes.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/shape.hpp>

namespace pupil {

/// A free list of blocks, in size classes an eighth of a power of two apart. Thread-safe. A block is never lent to a
/// smaller class: then what a step finds free would depend on all steps before it, and one like the last could miss.
class StoragePool {
 public:
  /// What the pool did so far.
  struct Statistics {
    std::size_t system_allocations = 0;  ///< blocks asked of the system
    std::size_t bytes_held = 0;          ///< bytes in all blocks, in use or free
    std::size_t bytes_in_use = 0;        ///< bytes in blocks that tensors hold
  };

  static constexpr std::size_t alignment = 64;

  /// The pool behind every tensor. Never destroyed, so tensors of static lifetime may outlive main.
  static StoragePool& instance() {
    static auto* const pool = new StoragePool;
    return *pool;
  }

  /// A block of at least `bytes` bytes, its contents unspecified.
  void* allocate(std::size_t bytes) {
    const std::size_t wanted = size_class(bytes);
    const std::lock_guard lock(mutex_);
    if (!free_[wanted].empty()) {
      void* const block = free_[wanted].back();
      free_[wanted].pop_back();
      return hand_out(block, wanted);
    }
    const std::size_t size = class_bytes(wanted);
    auto* const raw = static_cast<std::byte*>(::operator new (size + alignment, std::align_val_t{alignment}));
    ++statistics_.system_allocations;
    statistics_.bytes_held += size;
    free_[wanted].reserve(free_[wanted].capacity() + 1);
    return hand_out(raw + alignment, wanted);
  }

  /// Takes back a block from allocate.
  void release(void* block) noexcept {
    const std::size_t block_class = header(block);
    const std::lock_guard lock(mutex_);
    statistics_.bytes_in_use -= class_bytes(block_class);
    free_[block_class].push_back(block);  // allocate has reserved the place
  }

  /// Gives every free block back to the system.
  void release_unused() noexcept {
    const std::lock_guard lock(mutex_);
    for (std::size_t c = 0; c < free_.size(); ++c) {
      for (void* const block : free_[c]) {
        ::operator delete (static_cast<std::byte*>(block) - alignment, std::align_val_t{alignment});
        statistics_.bytes_held -= class_bytes(c);
      }
      free_[c].clear();
    }
  }

  /// From now on every block is handed out filled with bytes 0xFF (NaN as a float), so that a test sees whatever is
  /// read before it was written.
  void set_poison(bool on) {
    const std::lock_guard lock(mutex_);
    poison_ = on;
  }

  Statistics statistics() const {
    const std::lock_guard lock(mutex_);
    return statistics_;
  }

 private:
  static constexpr std::size_t classes_per_doubling = 8;
  static constexpr std::size_t class_count = classes_per_doubling * 60;

  StoragePool() = default;

  // Class c holds (8 + c % 8) * 2^(c / 8) units of 64 bytes; classes below 8 units are rounded up to 8.
  static constexpr std::size_t class_bytes(std::size_t c) {
    return ((classes_per_doubling + c % classes_per_doubling) << (c / classes_per_doubling)) * alignment;
  }

  static constexpr std::size_t size_class(std::size_t bytes) {
    const std::size_t units = (bytes + alignment - 1) / alignment;
    if (units <= classes_per_doubling) return 0;
    const auto shift = static_cast<std::size_t>(std::bit_width(units)) - 4;
    const std::size_t rounded = (units + (std::size_t{1} << shift) - 1) >> shift;
    return shift * classes_per_doubling + (rounded - classes_per_doubling);
  }

  static std::size_t& header(void* block) {
    return *reinterpret_cast<std::size_t*>(static_cast<std::byte*>(block) - alignment);
  }

  void* hand_out(void* block, std::size_t block_class) {
    header(block) = block_class;
    statistics_.bytes_in_use += class_bytes(block_class);
    if (poison_) std::memset(block, 0xFF, class_bytes(block_class));
    return block;
  }

  mutable std::mutex mutex_;
  std::array<std::vector<void*>, class_count> free_;
  Statistics statistics_;
  bool poison_ = false;
};

/// `size` values of a trivial type in a block of the pool: a value that copies deeply and moves cheaply.
template <class T>
requires std::is_trivially_copyable_v<T>
class Storage {
 public:
  Storage() = default;

  /// Uninitialised values.
  explicit Storage(Index size) : size_(size) {
    if (size > 0) data_ = static_cast<T*>(StoragePool::instance().allocate(static_cast<std::size_t>(size) * sizeof(T)));
  }

  Storage(const Storage& other) : Storage(other.size_) {
    if (size_ > 0) std::memcpy(data_, other.data_, static_cast<std::size_t>(size_) * sizeof(T));
  }

  Storage(Storage&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

  Storage& operator=(const Storage& other) {
    if (this == &other) return *this;
    if (size_ != other.size_) *this = Storage(other.size_);
    if (size_ > 0) std::memcpy(data_, other.data_, static_cast<std::size_t>(size_) * sizeof(T));
    return *this;
  }

  Storage& operator=(Storage&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  ~Storage() {
    if (data_ != nullptr) StoragePool::instance().release(data_);
  }

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  Index size() const noexcept { return size_; }

 private:
  T* data_ = nullptr;
  Index size_ = 0;
};

}  // namespace pupil
