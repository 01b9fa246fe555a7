#pragma once
// Several tensors as one, for layers that take more than one: so the gradient check, which knows layers of one tensor,
// checks the gradients of all.

#include <algorithm>

#include <pupil/core/tensor.hpp>

namespace pupil::testing {

/// Takes tensors off a flat one, in the order in which they were appended.
template <class T>
class TensorSplitter {
 public:
  explicit TensorSplitter(const Tensor<T, 1>& flat) : next_(flat.data()), end_(flat.data() + flat.size()) {}

  template <std::size_t Rank>
  Tensor<T, Rank> take(const Shape<Rank>& shape) {
    require<ShapeError>(shape.size() <= end_ - next_, "split: nothing is left for ", shape);
    auto part = Tensor<T, Rank>::uninitialized(shape);
    std::copy_n(next_, part.size(), part.data());
    next_ += part.size();
    return part;
  }

 private:
  const T* next_;
  const T* end_;
};

/// All numbers of the tensors, one after another.
template <class T, std::size_t... Ranks>
Tensor<T, 1> joined(const Tensor<T, Ranks>&... parts) {
  auto flat = Tensor<T, 1>::uninitialized({(parts.size() + ... + 0)});
  T* next = flat.data();
  ((next = std::copy(parts.begin(), parts.end(), next)), ...);
  return flat;
}

}  // namespace pupil::testing
