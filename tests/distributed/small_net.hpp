#pragma once
// A small network and a batch for it, for tests of what several ranks make of them.

#include <algorithm>
#include <cstdint>
#include <vector>

#include <pupil/nn/activations.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>

#include "../support/random_tensor.hpp"

namespace pupil::testing {

using SmallNet = Sequential<Conv2d<float>, BatchNorm2d<float>, Relu<float>, Flatten<float>, Dense<float>>;

/// The same on every rank.
inline SmallNet small_net(bool frozen_statistics = false) {
  Rng rng(1);
  Conv2d<float> conv({.in_channels = 2, .out_channels = 3, .kernel_size = 3, .padding = 1}, rng);
  BatchNorm2d<float> norm({.num_features = 3, .frozen_statistics = frozen_statistics});
  Dense<float> dense({.in_features = 3 * 5 * 5, .out_features = 4}, rng);
  return SmallNet(std::move(conv), std::move(norm), Relu<float>(), Flatten<float>(), std::move(dense));
}

struct Examples {
  Tensor<float, 4> images;          ///< [N, 5, 5, 2]
  Tensor<std::int32_t, 1> classes;  ///< [N]
};

/// Part `number` of `parts` equal ones of a batch of 24.
inline Examples part_of_batch(Index number, Index parts) {
  constexpr Index all = 24;
  Rng rng(2);
  const auto images = random_tensor<float>(Shape{all, 5, 5, 2}, rng);
  const Index count = all / parts;
  Examples part{Tensor<float, 4>({count, 5, 5, 2}), Tensor<std::int32_t, 1>({count})};
  std::copy_n(images.data() + number * part.images.size(), part.images.size(), part.images.data());
  for (Index i = 0; i < count; ++i) part.classes[i] = static_cast<std::int32_t>((number * count + i) * 7 % 4);
  return part;
}

/// Forward and backward of the mean loss. Calls `finished(layer)` as Sequential does.
template <class Finished = detail::NobodyAsks>
void add_gradients(SmallNet& net, const Examples& examples, Finished&& finished = {}) {
  SmallNet::Context context;
  const auto loss = softmax_cross_entropy(net.forward(examples.images, context), examples.classes);
  net.backward(loss.gradient, context, finished);
}

/// All gradients, one behind the other.
template <class Model>
std::vector<float> gradients_of(Model& model) {
  std::vector<float> all;
  for_each_parameter(model, [&](const Name&, auto& parameter) {
    all.insert(all.end(), parameter.gradient.begin(), parameter.gradient.end());
  });
  return all;
}

/// All buffers of floats.
template <class Model>
std::vector<float> buffers_of(Model& model) {
  std::vector<float> all;
  for_each_buffer(model, [&](const Name&, auto& buffer) {
    if constexpr (std::is_same_v<decltype(*buffer.begin()), float&>)
      all.insert(all.end(), buffer.begin(), buffer.end());
  });
  return all;
}

/// The largest difference between two arrays, relative to the largest number of the second.
inline double largest_difference(const std::vector<float>& actual, const std::vector<float>& expected) {
  const auto size = static_cast<Index>(expected.size());
  Tensor<float, 1> one({size});
  Tensor<float, 1> other({size});
  std::ranges::copy(actual, one.begin());
  std::ranges::copy(expected, other.begin());
  return relative_difference(one, other);
}

}  // namespace pupil::testing
