#pragma once
// Rows that belong to items, such as captions to images: which rows each item has, so that sums over an item's rows are
// taken by one owner, in the rows' order.

#include <cassert>
#include <span>
#include <utility>

#include <pupil/core/tensor.hpp>

namespace pupil::kernels {

/// The rows of every item, ascending.
class RowsByItem {
 public:
  RowsByItem() = default;

  /// Row r belongs to item `item_of_row[r]`, which is in [0, items).
  RowsByItem(const Tensor<Index, 1>& item_of_row, Index items)
      : end_({items}), rows_(Tensor<Index, 1>::uninitialized({item_of_row.size()})) {
    for (const Index item : item_of_row) {
      assert(item >= 0 && item < items);
      ++end_[item];
    }
    Index next = 0;  // end_ becomes where each item's rows begin, and then, row by row, where they end
    for (Index& count : end_) next += std::exchange(count, next);
    for (Index r = 0; r < item_of_row.size(); ++r) rows_[end_[item_of_row[r]]++] = r;
  }

  Index items() const { return end_.size(); }

  std::span<const Index> rows(Index item) const {
    const Index begin = item == 0 ? 0 : end_[item - 1];
    return {rows_.data() + begin, static_cast<std::size_t>(end_[item] - begin)};
  }

 private:
  Tensor<Index, 1> end_;
  Tensor<Index, 1> rows_;
};

}  // namespace pupil::kernels
