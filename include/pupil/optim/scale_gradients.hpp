#pragma once
// Gradients times a number, and with it training on batches that are too large for memory: backward adds to the
// gradients and only an optimizer's step sets them to zero, so the gradients of several small batches add up to those
// of one large batch.
//
// Small batches of equal size, with a loss that is a mean:
//
//   for (const auto& batch : small_batches) net.backward(mean_loss(net.forward(batch, context)).gradient, context);
//   scale_gradients(net, 1.0 / small_batches.size());
//   adam.step(net);
//
// Small batches of any size: give every loss the number of all targets in the large batch as its divisor (see
// SoftmaxCrossEntropyOptions), and there is nothing to scale. A batch norm normalizes each small batch by itself.

#include <span>

#include <pupil/optim/gradients.hpp>

namespace pupil {

/// Multiplies the gradients of all parameters.
inline void scale_gradients(const ModelRef& model, double factor) {
  detail::Gradients(model).for_each([factor]<class T>(Index, const std::span<T>& elements) {
    for (T& g : elements) g *= static_cast<T>(factor);
  });
}

}  // namespace pupil
