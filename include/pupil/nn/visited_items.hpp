#pragma once
// VisitedItems: which parameters, buffers and generators a visit has come to already. A model may visit one of them
// under several names, as where an embedding and an output layer share their weight; it is one all the same.

#include <cstddef>
#include <cstdint>

#include <pupil/core/pool_allocator.hpp>
#include <pupil/core/shape.hpp>

namespace pupil::detail {

/// Its address stands for the type.
template <class X>
inline constexpr char type_tag = 0;

/// Numbers items in the order in which they are first seen. What makes an item is its address and its type. Its memory
/// comes from the pool of tensors, so that a training step that visits asks nothing of the system.
class VisitedItems {
 public:
  struct Place {
    Index index;  ///< counted from 0
    bool is_new;  ///< whether the item was seen for the first time
  };

  template <class Item>
  Place place(const Item& item) {
    return place(&item, &type_tag<Item>);
  }
  Place place(const void* address, const char* type) {
    if (2 * static_cast<std::size_t>(count_) >= slots_.size()) grow();
    Slot& slot = slot_of(address, type);
    if (slot.address != nullptr) return {slot.index, false};
    slot = {address, type, count_};
    return {count_++, true};
  }

  /// How many there are.
  Index count() const { return count_; }

 private:
  /// Empty where there is no address.
  struct Slot {
    const void* address = nullptr;
    const char* type = nullptr;
    Index index = 0;
  };

  static constexpr std::size_t fewest_slots = 32;  // a power of two, as every number of slots

  /// Where the item is, or is to be.
  Slot& slot_of(const void* address, const char* type) {
    const std::size_t last = slots_.size() - 1;
    // Addresses are multiples of 8 at least, and differ in their middle bits: these are spread by a product.
    const auto bits = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(address) >> 3);
    auto i = static_cast<std::size_t>((bits * 0x9E3779B97F4A7C15U) >> 32) & last;
    while (slots_[i].address != nullptr && (slots_[i].address != address || slots_[i].type != type)) i = (i + 1) & last;
    return slots_[i];
  }

  void grow() {
    PoolVector<Slot> before(slots_.empty() ? fewest_slots : 2 * slots_.size());
    before.swap(slots_);
    for (const Slot& slot : before) {
      if (slot.address != nullptr) slot_of(slot.address, slot.type) = slot;
    }
  }

  PoolVector<Slot> slots_;
  Index count_ = 0;
};

}  // namespace pupil::detail
