#pragma once
// The score of additive attention, and its gradient, for one key and one query of `size` numbers.
//
//   s = v . tanh(key + query)        dkey, dquery += ds v (1 - t^2)        dv += ds t        t = tanh(key + query)

#include <pupil/core/shape.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>

namespace pupil::kernels {

namespace detail {

/// tanh(key + query) from number `first` on; 0 behind the last.
template <class T>
Lanes<T> tanh_of_sum(const T* key, const T* query, Index first, Index size) {
  return (load_lanes(key + first, size - first, T{0}) + load_lanes(query + first, size - first, T{0})).tanh();
}

}  // namespace detail

/// v . tanh(key + query)
template <class T>
T additive_score(const T* v, const T* key, const T* query, Index size) {
  Lanes<T> sum = Lanes<T>::Zero();
  for (Index i = 0; i < size; i += lane_count) {
    sum += load_lanes(v + i, size - i, T{0}) * detail::tanh_of_sum(key, query, i, size);
  }
  return sum.sum();
}

/// The gradients of one vector each for key, query and v.
template <class T>
struct AdditiveScoreGradient {
  T* key;
  T* query;
  T* v;
};

/// Adds to `gradient` what d, the gradient of the score, gives. The tanh is computed again.
template <class T>
void additive_score_backward(T d, const T* v, const T* key, const T* query, Index size,
                             const AdditiveScoreGradient<T>& gradient) {
  for (Index i = 0; i < size; i += lane_count) {
    const Lanes<T> tanh = detail::tanh_of_sum(key, query, i, size);
    const Lanes<T> d_sum = d * load_lanes(v + i, size - i, T{0}) * (T{1} - tanh * tanh);
    const auto add = [&](const Lanes<T>& term, T* sum) {
      store_lanes<T>(load_lanes<T>(sum + i, size - i, T{0}) + term, size - i, sum + i);
    };
    add(d_sum, gradient.key);
    add(d_sum, gradient.query);
    add(d * tanh, gradient.v);
  }
}

}  // namespace pupil::kernels
