#pragma once
// Additive attention for rows of queries that look at items, many of them at the same one: the captions of an image at
// its grid, whose projected keys and values lie in memory once.
//
//   score_p = v . tanh(key_p + query)        w = softmax(score)        y = sum over p of w_p value_p
//
//   dw_p = dy . value_p + what comes back to w        ds = w (dw - sum of w dw)        dvalue_p += w_p dy
//
// A query can have one position more of its own, which no other sees, behind those of its item: a visual sentinel.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/attention/additive_score.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/gemm/rows_by_item.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/kernels/pointwise/softmax.hpp>

namespace pupil::kernels {

/// What queries look at. Query r looks at the positions of item `item_of_query[r]`. Positions that are not there get
/// the weight 0, and what stands there is never read.
template <class T>
struct AttendedItems {
  const Tensor<T, 3>& keys;    ///< projected: [items, positions, attention_size]
  const Tensor<T, 3>& values;  ///< [items, positions, value_size]
  const Index* item_of_query;
  const T* own_keys = nullptr;    ///< [queries, attention_size]; none: there are no positions of their own
  const T* own_values = nullptr;  ///< [queries, value_size]
  const bool* mask = nullptr;     ///< [items, positions]: which are there; none: all are. Not with own positions

  Index positions() const { return keys.dim(1); }
  /// How many weights a query has.
  Index weights() const { return positions() + (own_keys == nullptr ? 0 : 1); }
  bool is_there(Index query, Index p) const { return mask == nullptr || mask[item_of_query[query] * positions() + p]; }
  const T* key(Index query, Index p) const {
    return p == positions() ? own_keys + query * keys.columns() : keys.row(item_of_query[query] * positions() + p);
  }
  const T* value(Index query, Index p) const {
    return p == positions() ? own_values + query * values.columns()
                            : values.row(item_of_query[query] * positions() + p);
  }
};

namespace detail {

/// sum += factor * row
template <class T>
void add_multiple(T factor, const T* row, Index size, T* sum) {
  combine_lanes(sum, row, size, [=](const Lanes<T>& s, const Lanes<T>& x) { return s + factor * x; });
}

}  // namespace detail

/// Writes the weights [queries, attended.weights()] and the outputs, each of value_size, of projected queries.
template <class T>
void attend(const T* v, const RowMajor<T>& queries, const AttendedItems<T>& attended, T* weights,
            const Destination<T>& outputs) {
  const Index count = attended.weights();
  const Index size = attended.values.columns();
  parallel_for(queries.rows, count * (queries.columns + size), [&](Index r) {
    T* const row = weights + r * count;
    for (Index p = 0; p < count; ++p) {
      if (!attended.is_there(r, p)) continue;
      row[p] = additive_score(v, attended.key(r, p), queries.data + r * queries.stride, queries.columns);
    }
    if (attended.mask == nullptr) {
      softmax_row(row, count);
    } else {
      masked_softmax_row(row, count, attended.mask + attended.item_of_query[r] * count);
    }
    T* const output = outputs.data + r * outputs.stride;
    std::fill_n(output, size, T{0});
    for (Index p = 0; p < count; ++p) {
      if (attended.is_there(r, p)) detail::add_multiple(row[p], attended.value(r, p), size, output);
    }
  });
}

/// From the gradients of the outputs makes those of the scores, [queries, attended.weights()]. `d_scores` comes with
/// what else the weights' gradients are, or zeros.
template <class T>
void attention_scores_backward(const AttendedItems<T>& attended, const T* weights, const RowMajor<T>& d_outputs,
                               T* d_scores) {
  const Index count = attended.weights();
  parallel_for(d_outputs.rows, count * d_outputs.columns, [&](Index r) {
    T* const row = d_scores + r * count;
    for (Index p = 0; p < count; ++p) {
      if (!attended.is_there(r, p)) continue;  // its weight is 0, and so is its gradient
      row[p] += dot_lanes(d_outputs.data + r * d_outputs.stride, attended.value(r, p), d_outputs.columns);
    }
    softmax_row_backward(weights + r * count, row, count);
  });
}

/// Where the gradients of scores go; all are added to.
template <class T>
struct AttentionKeyGradients {
  T* keys;                ///< [items, positions, attention_size]
  T* queries;             ///< [queries, attention_size]
  T* v;                   ///< [queries, attention_size]: each query's part of it
  T* own_keys = nullptr;  ///< [queries, attention_size], where there are positions of their own
};

/// Adds what the gradients of scores give to those of keys, queries and v. `queries_of_items` may have more queries
/// than there are rows: those are left out.
template <class T>
void attention_keys_backward(const T* v, const RowMajor<T>& queries, const AttendedItems<T>& attended,
                             const RowsByItem& queries_of_items, const T* d_scores,
                             const AttentionKeyGradients<T>& gradients) {
  const Index count = attended.weights();
  const Index positions = attended.positions();
  const Index size = queries.columns;
  const Index work_an_item = count * size * queries.rows / std::max<Index>(1, queries_of_items.items());
  parallel_for(queries_of_items.items(), work_an_item, [&](Index item) {
    for (const Index r : queries_of_items.rows(item)) {
      if (r >= queries.rows) break;
      for (Index p = 0; p < count; ++p) {
        if (!attended.is_there(r, p)) continue;
        T* const key = p == positions ? gradients.own_keys + r * size : gradients.keys + (item * positions + p) * size;
        additive_score_backward(d_scores[r * count + p], v, attended.key(r, p), queries.data + r * queries.stride, size,
                                {key, gradients.queries + r * size, gradients.v + r * size});
      }
    }
  });
}

/// dvalue_p += w_p dy for the positions of items; `weights` [queries, columns], of which the first positions count.
template <class T>
void attention_values_backward(const RowMajor<T>& weights, const RowMajor<T>& d_outputs,
                               const RowsByItem& queries_of_items, Tensor<T, 3>& d_values) {
  const Index positions = d_values.dim(1);
  parallel_for(queries_of_items.items(), [&](Index item) {
    for (const Index r : queries_of_items.rows(item)) {
      const T* const row = weights.data + r * weights.stride;
      for (Index p = 0; p < positions; ++p) {
        if (row[p] == 0) continue;  // as where nothing is
        detail::add_multiple(row[p], d_outputs.data + r * d_outputs.stride, d_outputs.columns,
                             d_values.row(item * positions + p));
      }
    }
  });
}

}  // namespace pupil::kernels
