#pragma once
// Gradients that are too large are made smaller, between backward and the optimizer's step.
//
// By global norm: all gradients of a model are one vector, and where it is too long it is shortened. Pascanu, Mikolov,
// Bengio, "On the difficulty of training recurrent neural networks", 2013. PyTorch's twin is
// torch.nn.utils.clip_grad_norm_.
// By value: every element by itself is brought into an interval. PyTorch's twin is torch.nn.utils.clip_grad_value_.

#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>

#include <pupil/core/tensor.hpp>
#include <pupil/optim/gradients.hpp>
#include <pupil/optim/scale_gradients.hpp>

namespace pupil {

namespace detail {

/// The sum of the squares of `size` elements, in double.
template <class T>
double sum_of_squares(const T* elements, Index size) {
  constexpr Index lanes = 16;  // sums that run side by side
  std::array<double, lanes> sums{};
  Index i = 0;
  for (; i + lanes <= size; i += lanes) {
    for (Index lane = 0; lane < lanes; ++lane) {
      const auto element = static_cast<double>(elements[i + lane]);
      sums[static_cast<std::size_t>(lane)] += element * element;
    }
  }
  for (; i < size; ++i) sums[0] += static_cast<double>(elements[i]) * static_cast<double>(elements[i]);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace detail

/// The length of all gradients as one vector: sqrt(sum of squares), summed in double. Ranges of the gradients are
/// summed in parallel, then the sums of each gradient in order, then the gradients'.
inline double gradient_norm(const ModelRef& model) {
  const detail::Gradients gradients(model);
  auto sums = Tensor<double, 1>::uninitialized({gradients.ranges().count()});
  gradients.for_each([&](Index range, const auto& elements) {
    sums[range] = detail::sum_of_squares(elements.data(), static_cast<Index>(elements.size()));
  });
  double total = 0;
  for (std::size_t i = 0; i < gradients.count(); ++i) {
    total += std::accumulate(sums.data() + gradients.ranges().begin(i), sums.data() + gradients.ranges().end(i), 0.0);
  }
  return std::sqrt(total);
}

/// Multiplies all gradients by max_norm / (norm + 1e-6) where that is below 1, and returns the norm from before. Where
/// the norm is not finite, the gradients stay as they are: it is for the caller to stop or to skip the step. Throws
/// OptionError for a max_norm that is not positive.
inline double clip_gradient_norm(const ModelRef& model, double max_norm) {
  require<OptionError>(max_norm > 0, "clip_gradient_norm: the largest norm is ", max_norm);
  const double norm = gradient_norm(model);
  const double scale = max_norm / (norm + 1e-6);
  if (std::isfinite(norm) && scale < 1) scale_gradients(model, scale);
  return norm;
}

/// Brings every element of every gradient into [-max_value, max_value]; a NaN stays. Throws OptionError for a max_value
/// that is not positive.
inline void clip_gradient_value(const ModelRef& model, double max_value) {
  require<OptionError>(max_value > 0, "clip_gradient_value: the largest value is ", max_value);
  detail::Gradients(model).for_each([max_value]<class T>(Index, const std::span<T>& elements) {
    const auto limit = static_cast<T>(max_value);
    for (T& g : elements) g = g > limit ? limit : (g < -limit ? -limit : g);
  });
}

}  // namespace pupil
