#pragma once
// MaxPool1d: the largest element of every window of a sequence. PyTorch's twin is nn.MaxPool1d, on channels-last
// sequences.
//
//   y[n, i, c] = max over u in the kernel of x[n, i stride + u - padding, c]
//
// The gradient of an output goes to the one input that it was copied from.

#include <limits>

#include <pupil/kernels/pool/pool2d.hpp>
#include <pupil/nn/max_pool2d.hpp>
#include <pupil/nn/sequence_pool.hpp>

namespace pupil {

struct MaxPool1dOptions {
  Index kernel_size;
  Index stride = kernel_size;
  Index padding = 0;  ///< at either end; counts as minus infinity; at most half the kernel size
};

/// [batch, length, channels] to [batch, (length + 2 padding - kernel_size) / stride + 1, channels], rounded down. Of
/// equal elements the first is the maximum; a NaN is larger than any number.
template <class T>
class MaxPool1d : public detail::SequencePool<T, MaxPool2d<T>> {
 public:
  /// Throws OptionError for a kernel size or a stride below 1, a kernel of more than 65536 elements, or a padding that
  /// is negative or more than half the kernel size.
  explicit MaxPool1d(const MaxPool1dOptions& options)
      : detail::SequencePool<T, MaxPool2d<T>>("max_pool1d", of_images(options)), options_(options) {}

  const MaxPool1dOptions& options() const { return options_; }

 private:
  static MaxPool2d<T> of_images(const MaxPool1dOptions& o) {
    detail::check_sequence_window("max_pool1d", o.kernel_size, o.stride, o.padding);
    constexpr Index most_taps = Index{std::numeric_limits<kernels::Tap>::max()} + 1;
    require<OptionError>(o.kernel_size <= most_taps, "max_pool1d: the kernel size ", o.kernel_size, " is more than ",
                         most_taps, " elements");
    return MaxPool2d<T>({.kernel_size = {1, o.kernel_size}, .stride = {1, o.stride}, .padding = {0, o.padding}});
  }

  MaxPool1dOptions options_;
};

}  // namespace pupil
