#pragma once
// What is the same at all steps of a sequence, and for all sequences of an item: added to packed rows, and on the way
// back summed over them.

#include <Eigen/Core>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/rows_by_item.hpp>
#include <pupil/kernels/recurrent/packed_sequences.hpp>

namespace pupil::kernels {

namespace detail {

/// sum += row
template <class T>
void add_row(const T* row, Index size, T* sum) {
  using Row = Eigen::Array<T, 1, Eigen::Dynamic>;
  Eigen::Map<Row>(sum, size) += Eigen::Map<const Row>(row, size);
}

}  // namespace detail

/// Adds to every packed row of `rows` the row of its sequence's item; `item_of_rank` has the item of each sequence.
template <class T>
void add_item_rows(const PackedSequences& sequences, const Tensor<Index, 1>& item_of_rank, const Tensor<T, 2>& items,
                   Tensor<T, 2>& rows) {
  parallel_for(sequences.time(), sequences.batch() * rows.columns(), [&](Index t) {
    for (Index rank = 0; rank < sequences.active(t); ++rank) {
      detail::add_row(items.row(item_of_rank[rank]), rows.columns(), rows.row(sequences.begin(t) + rank));
    }
  });
}

/// The sum of the packed rows of each item's sequences, [items, columns], sequence after sequence and step after step.
template <class T>
Tensor<T, 2> sum_item_rows(const PackedSequences& sequences, const RowsByItem& ranks_of_items,
                           const Tensor<T, 2>& rows) {
  Tensor<T, 2> sums({ranks_of_items.items(), rows.columns()});
  parallel_for(ranks_of_items.items(), [&](Index item) {
    for (const Index rank : ranks_of_items.rows(item)) {
      for (Index t = 0; t < sequences.length(rank); ++t) {
        detail::add_row(rows.row(sequences.begin(t) + rank), rows.columns(), sums.row(item));
      }
    }
  });
  return sums;
}

/// The sum of one row a sequence, by rank, over the sequences of each item.
template <class T>
Tensor<T, 2> sum_rank_rows(const RowsByItem& ranks_of_items, const Tensor<T, 2>& rows) {
  Tensor<T, 2> sums({ranks_of_items.items(), rows.columns()});
  for (Index item = 0; item < ranks_of_items.items(); ++item) {
    for (const Index rank : ranks_of_items.rows(item)) detail::add_row(rows.row(rank), rows.columns(), sums.row(item));
  }
  return sums;
}

}  // namespace pupil::kernels
