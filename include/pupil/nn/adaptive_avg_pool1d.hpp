#pragma once
// AdaptiveAvgPool1d: the means of windows that cover a sequence of any length, always as many. PyTorch's twin is
// nn.AdaptiveAvgPool1d, on channels-last sequences.
//
//   y[n, i, c] = mean of x[n, u, c] over floor(i L / OL) <= u < ceil((i + 1) L / OL)
//
// Where the output is longer than the input, steps are repeated.

#include <pupil/nn/adaptive_avg_pool2d.hpp>
#include <pupil/nn/sequence_pool.hpp>

namespace pupil {

struct AdaptiveAvgPool1dOptions {
  Index output_size = 1;
};

/// [batch, length, channels] to [batch, output_size, channels].
template <class T>
class AdaptiveAvgPool1d : public detail::SequencePool<T, AdaptiveAvgPool2d<T>> {
 public:
  /// Throws OptionError for an output size below 1.
  explicit AdaptiveAvgPool1d(const AdaptiveAvgPool1dOptions& options)
      : detail::SequencePool<T, AdaptiveAvgPool2d<T>>("adaptive_avg_pool1d", of_images(options)), options_(options) {}

  const AdaptiveAvgPool1dOptions& options() const { return options_; }

 private:
  static AdaptiveAvgPool2d<T> of_images(const AdaptiveAvgPool1dOptions& o) {
    require<OptionError>(o.output_size >= 1, "adaptive_avg_pool1d: output_size is ", o.output_size, ", not at least 1");
    return AdaptiveAvgPool2d<T>({.output_size = {1, o.output_size}});
  }

  AdaptiveAvgPool1dOptions options_;
};

}  // namespace pupil
