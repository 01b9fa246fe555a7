#pragma once
// collate: the samples of a batch as one. PyTorch's twin is torch.utils.data.default_collate.
//
//   Tensor<T, R> each      Tensor<T, R + 1>, stacked: images [28, 28, 1] give [batch, 28, 28, 1]
//   a number each          Tensor of them: int labels give a Tensor<std::int32_t, 1>
//   a pair or tuple each   a pair or tuple of what its parts give: (image, label) gives (images, labels)
//   anything else          a vector of them
//
// A program's own type is collated by its own function; see DataLoader.

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/core/tensor_layout.hpp>

namespace pupil {

/// Tensors of one shape are stacked. Throws ShapeError where their shapes differ.
template <class T, std::size_t Rank>
Tensor<T, Rank + 1> collate(std::vector<Tensor<T, Rank>> samples) {
  return stack(samples);
}

/// Numbers become a tensor of their type; of any other type the samples stay what they are.
template <class Sample>
auto collate(std::vector<Sample> samples) {
  if constexpr (std::is_arithmetic_v<Sample>) {
    auto numbers = Tensor<Sample, 1>::uninitialized({static_cast<Index>(samples.size())});
    for (Index i = 0; i < numbers.size(); ++i) numbers[i] = samples[static_cast<std::size_t>(i)];
    return numbers;
  } else {
    return samples;
  }
}

template <class First, class Second>
auto collate(std::vector<std::pair<First, Second>> samples);
/// Samples of several parts, each collated by itself.
template <class... Parts>
auto collate(std::vector<std::tuple<Parts...>> samples);

namespace detail {

/// Part I of every sample, collated.
template <std::size_t I, class Sample>
auto collate_part(std::vector<Sample>& samples) {
  std::vector<std::tuple_element_t<I, Sample>> parts;
  parts.reserve(samples.size());
  for (Sample& sample : samples) parts.push_back(std::get<I>(std::move(sample)));
  return collate(std::move(parts));
}

}  // namespace detail

/// Each part by itself.
template <class First, class Second>
auto collate(std::vector<std::pair<First, Second>> samples) {
  return std::pair(detail::collate_part<0>(samples), detail::collate_part<1>(samples));
}
template <class... Parts>
auto collate(std::vector<std::tuple<Parts...>> samples) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) { return std::tuple(detail::collate_part<I>(samples)...); }
  (std::index_sequence_for<Parts...>{});
}

/// collate, as an object.
struct Collate {
  template <class Sample>
  auto operator()(std::vector<Sample> samples) const {
    return collate(std::move(samples));
  }
};

}  // namespace pupil
