#pragma once
// Memory for tensors: 64-byte-aligned blocks that are recycled, so that a training loop asks nothing of the system once
// it has seen its shapes.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/forked.hpp>
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
    static StoragePool* const pool = make_instance();
    return *pool;
  }

  /// A block of at least `bytes` bytes, its contents unspecified. Throws std::bad_alloc.
  void* allocate(std::size_t bytes) { return hand_out(take(size_class(bytes)).block); }

  /// A block of at least `bytes` bytes that are zero. A new one is not written to, so that it costs no memory until its
  /// owner does: gradients of what is never trained are free. Throws std::bad_alloc.
  void* allocate_zeros(std::size_t bytes) {
    const Taken taken = take(size_class(bytes));
    if (!taken.is_new) std::memset(taken.block, 0, bytes);
    return taken.block;
  }

  /// Takes back a block from allocate.
  void release(void* block) noexcept {
    const std::size_t block_class = header(block).size_class;
    const std::lock_guard lock(mutex_);
    statistics_.bytes_in_use -= class_bytes(block_class);
    free_[block_class].push_back(block);  // allocate has reserved the place
  }

  /// Gives every free block back to the system.
  void release_unused() noexcept {
    const std::lock_guard lock(mutex_);
    for (std::size_t c = 0; c < free_.size(); ++c) {
      for (void* const block : free_[c]) {
        std::free(header(block).system_memory);
        statistics_.bytes_held -= class_bytes(c);
      }
      free_[c].clear();
    }
  }

  /// From now on every block is handed out filled with bytes 0xFF (NaN as a float), so that a test sees whatever is
  /// read before it was written.
  void set_poison(bool on) { poison_ = on; }
  bool has_poison() const { return poison_; }

  Statistics statistics() const {
    const std::lock_guard lock(mutex_);
    return statistics_;
  }

 private:
  static constexpr std::size_t classes_per_doubling = 8;
  static constexpr std::size_t class_count = classes_per_doubling * 60;

  /// What lies before every block.
  struct Header {
    std::size_t size_class;
    void* system_memory;
  };
  static_assert(sizeof(Header) <= alignment);

  struct Taken {
    void* block;
    bool is_new;  ///< from the system, and so all zeros
  };

  StoragePool() = default;

  /// A fork waits until no other thread is in the pool: in the child, that thread's lock would never be given back.
  static StoragePool* make_instance() {
    auto* const pool = new StoragePool;
    detail::at_fork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                    [] { instance().mutex_.unlock(); });
    return pool;
  }

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

  static Header& header(void* block) { return *reinterpret_cast<Header*>(static_cast<std::byte*>(block) - alignment); }

  /// A block of a size class, free or new.
  Taken take(std::size_t wanted) {
    const std::lock_guard lock(mutex_);
    std::vector<void*>& free = free_[wanted];
    const bool is_new = free.empty();
    if (is_new) {
      free.reserve(free.capacity() + 1);
      free.push_back(ask_system(wanted));
    }
    void* const block = free.back();
    free.pop_back();
    statistics_.bytes_in_use += class_bytes(wanted);
    return {block, is_new};
  }

  void* ask_system(std::size_t wanted) {
    const std::size_t size = class_bytes(wanted);
    void* const memory = std::calloc(1, size + 2 * alignment);  // room for the header, and to align what is behind it
    if (memory == nullptr) throw std::bad_alloc();
    const std::size_t past = reinterpret_cast<std::uintptr_t>(memory) % alignment;
    void* const block = static_cast<std::byte*>(memory) + (2 * alignment - past);
    header(block) = {wanted, memory};
    ++statistics_.system_allocations;
    statistics_.bytes_held += size;
    return block;
  }

  void* hand_out(void* block) const {
    if (poison_) std::memset(block, 0xFF, class_bytes(header(block).size_class));
    return block;
  }

  mutable std::mutex mutex_;
  std::array<std::vector<void*>, class_count> free_;
  Statistics statistics_;
  std::atomic<bool> poison_ = false;
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

  /// Zeros.
  static Storage zeros(Index size) {
    Storage storage;
    if (size <= 0) return storage;
    storage.data_ = static_cast<T*>(StoragePool::instance().allocate_zeros(static_cast<std::size_t>(size) * sizeof(T)));
    storage.size_ = size;
    return storage;
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
