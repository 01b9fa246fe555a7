#pragma once
// Memory for tensors: 64-byte-aligned blocks that are recycled, so that a training loop asks nothing of the system once
// it has seen its shapes.

#include <algorithm>
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

/// A free list of blocks, in size classes an eighth of a power of two apart. Thread-safe.
///
/// What it may hold, in use and free together, is half as much again as its need: the most bytes that were in use at
/// once of late. Of late is this window and the one before; a window ends once it has handed out 16 times its own need,
/// which is several steps of a training. Within 16 MiB it need not be: so little is no matter.
///
/// While there is room, a block serves its own class alone: then a step like the last finds what the last one had.
/// Where there is none, as with images of many sizes or layers of many, a larger block is lent, the smallest that is
/// free; and if none is, the system is asked, and given back the blocks that lay idle longest. A block is lent only
/// where all that are in use stay within what the pool may hold, so nothing small keeps much.
class StoragePool {
 public:
  /// What the pool did so far.
  struct Statistics {
    std::size_t system_allocations = 0;  ///< blocks asked of the system
    std::size_t bytes_held = 0;          ///< bytes in all blocks, in use or free
    std::size_t bytes_in_use = 0;        ///< bytes that tensors have, rounded up to their classes
  };

  static constexpr std::size_t alignment = 64;
  /// What the pool may hold, however small its need.
  static constexpr std::size_t held_freely = std::size_t{16} << 20U;

  /// A pool apart, for tests.
  StoragePool() = default;
  StoragePool(const StoragePool&) = delete;
  StoragePool& operator=(const StoragePool&) = delete;
  /// All blocks must have been given back.
  ~StoragePool() { release_unused(); }

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
    Header& of_block = header(block);
    const std::lock_guard lock(mutex_);
    statistics_.bytes_in_use -= class_bytes(of_block.lent_as);
    bytes_lent_ -= class_bytes(of_block.size_class);
    of_block.released_at = releases_++;
    free_[of_block.size_class].push_back(block);  // ask_system has reserved the place
  }

  /// Gives every free block back to the system, and forgets what was needed before.
  void release_unused() noexcept {
    const std::lock_guard lock(mutex_);
    while (give_back_the_idlest()) {
    }
    earlier_need_ = 0;
    begin_window();
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
  static constexpr std::size_t window_needs = 16;

  /// What lies before every block.
  struct Header {
    std::size_t size_class;
    std::size_t lent_as;        ///< the class that was asked for
    std::uint64_t released_at;  ///< when it became free, counted in releases
    void* system_memory;
  };
  static_assert(sizeof(Header) <= alignment);

  struct Taken {
    void* block;
    bool is_new;  ///< from the system, and so all zeros
  };

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

  /// A block for a size class, free or new.
  Taken take(std::size_t wanted) {
    const std::lock_guard lock(mutex_);
    std::size_t found = wanted;
    if (free_[wanted].empty() && is_full_for(wanted)) found = class_to_lend(wanted);
    const bool is_new = free_[found].empty();
    if (is_new) {
      found = wanted;
      while (is_full_for(wanted) && give_back_the_idlest()) {
      }
      ask_system(wanted);
    }
    void* const block = free_[found].back();
    free_[found].pop_back();
    header(block).lent_as = wanted;
    statistics_.bytes_in_use += class_bytes(wanted);
    bytes_lent_ += class_bytes(found);
    count_need(class_bytes(wanted));
    return {block, is_new};
  }

  /// Of `bytes` that were handed out.
  void count_need(std::size_t bytes) {
    need_ = std::max(need_, statistics_.bytes_in_use);
    bytes_in_window_ += bytes;
    if (bytes_in_window_ / window_needs < need_) return;
    earlier_need_ = need_;
    begin_window();
    while (statistics_.bytes_held > may_hold() && give_back_the_idlest()) {
    }
  }

  void begin_window() {
    need_ = statistics_.bytes_in_use;
    bytes_in_window_ = 0;
  }

  /// With `more` bytes in use than now.
  std::size_t may_hold(std::size_t more = 0) const {
    const std::size_t need = std::max({need_, earlier_need_, statistics_.bytes_in_use + more});
    return std::max(held_freely, need + need / 2);
  }

  bool is_full_for(std::size_t wanted) const {
    return statistics_.bytes_held + class_bytes(wanted) > may_hold(class_bytes(wanted));
  }

  /// The smallest class above that has a free block which may be lent; `wanted` itself where none has.
  std::size_t class_to_lend(std::size_t wanted) const {
    const std::size_t limit = may_hold(class_bytes(wanted));
    const std::size_t room = limit - std::min(limit, bytes_lent_);
    for (std::size_t c = wanted + 1; c < class_count && class_bytes(c) <= room; ++c) {
      if (!free_[c].empty()) return c;
    }
    return wanted;
  }

  /// Gives the block that has been free for longest back to the system; returns false where none is free.
  bool give_back_the_idlest() noexcept {
    std::vector<void*>* idlest = nullptr;
    for (std::vector<void*>& free : free_) {  // the first of each has been there for longest
      if (free.empty()) continue;
      if (idlest == nullptr || header(free.front()).released_at < header(idlest->front()).released_at) idlest = &free;
    }
    if (idlest == nullptr) return false;
    void* const block = idlest->front();
    idlest->erase(idlest->begin());
    statistics_.bytes_held -= class_bytes(header(block).size_class);
    std::free(header(block).system_memory);
    return true;
  }

  /// Makes a free block.
  void ask_system(std::size_t wanted) {
    std::vector<void*>& free = free_[wanted];
    free.reserve(free.capacity() + 1);
    const std::size_t size = class_bytes(wanted);
    void* const memory = std::calloc(1, size + 2 * alignment);  // room for the header, and to align what is behind it
    if (memory == nullptr) throw std::bad_alloc();
    const std::size_t past = reinterpret_cast<std::uintptr_t>(memory) % alignment;
    void* const block = static_cast<std::byte*>(memory) + (2 * alignment - past);
    header(block) = {.size_class = wanted, .lent_as = wanted, .released_at = 0, .system_memory = memory};
    free.push_back(block);
    ++statistics_.system_allocations;
    statistics_.bytes_held += size;
  }

  void* hand_out(void* block) const {
    if (poison_) std::memset(block, 0xFF, class_bytes(header(block).size_class));
    return block;
  }

  mutable std::mutex mutex_;
  std::array<std::vector<void*>, class_count> free_;
  Statistics statistics_;
  std::size_t bytes_lent_ = 0;       ///< in the blocks in use, which may be larger than what was asked for
  std::size_t need_ = 0;             ///< the most bytes in use at once in this window
  std::size_t earlier_need_ = 0;     ///< and in the one before
  std::size_t bytes_in_window_ = 0;  ///< handed out
  std::uint64_t releases_ = 0;
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
