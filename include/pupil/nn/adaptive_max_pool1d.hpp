#pragma once
// AdaptiveMaxPool1d: the largest elements of windows that cover a sequence of any length, always as many. PyTorch's
// twin is nn.AdaptiveMaxPool1d, on channels-last sequences.
//
//   y[n, i, c] = max of x[n, u, c] over floor(i L / OL) <= u < ceil((i + 1) L / OL)
//
// The gradient of an output goes to the one input that it was copied from.

#include <pupil/nn/adaptive_max_pool2d.hpp>
#include <pupil/nn/sequence_pool.hpp>

namespace pupil {

struct AdaptiveMaxPool1dOptions {
  Index output_size = 1;
};

/// [batch, length, channels] to [batch, output_size, channels]. Of equal elements the first is the maximum;
/// a NaN is larger than any number.
template <class T>
class AdaptiveMaxPool1d : public detail::SequencePool<T, AdaptiveMaxPool2d<T>> {
 public:
  /// Throws OptionError for an output size below 1.
  explicit AdaptiveMaxPool1d(const AdaptiveMaxPool1dOptions& options)
      : detail::SequencePool<T, AdaptiveMaxPool2d<T>>("adaptive_max_pool1d", of_images(options)), options_(options) {}

  const AdaptiveMaxPool1dOptions& options() const { return options_; }

 private:
  static AdaptiveMaxPool2d<T> of_images(const AdaptiveMaxPool1dOptions& o) {
    require<OptionError>(o.output_size >= 1, "adaptive_max_pool1d: output_size is ", o.output_size, ", not at least 1");
    return AdaptiveMaxPool2d<T>({.output_size = {1, o.output_size}});
  }

  AdaptiveMaxPool1dOptions options_;
};

}  // namespace pupil
