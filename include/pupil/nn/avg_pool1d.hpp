#pragma once
// AvgPool1d: the mean of every window of a sequence. PyTorch's twin is nn.AvgPool1d, on channels-last sequences.
//
//   y[n, i, c] = sum over u in the kernel of x[n, i stride + u - padding, c] / count

#include <pupil/nn/avg_pool2d.hpp>
#include <pupil/nn/sequence_pool.hpp>

namespace pupil {

struct AvgPool1dOptions {
  Index kernel_size;
  Index stride = kernel_size;
  Index padding = 0;              ///< zeros at either end; at most half the kernel size
  bool count_include_pad = true;  ///< whether padding counts in the number that the sum is divided by
};

/// [batch, length, channels] to [batch, (length + 2 padding - kernel_size) / stride + 1, channels], rounded down.
template <class T>
class AvgPool1d : public detail::SequencePool<T, AvgPool2d<T>> {
 public:
  /// Throws OptionError for a kernel size or a stride below 1, or a padding that is negative or more than half the
  /// kernel size.
  explicit AvgPool1d(const AvgPool1dOptions& options)
      : detail::SequencePool<T, AvgPool2d<T>>("avg_pool1d", of_images(options)), options_(options) {}

  const AvgPool1dOptions& options() const { return options_; }

 private:
  static AvgPool2d<T> of_images(const AvgPool1dOptions& o) {
    detail::check_sequence_window("avg_pool1d", o.kernel_size, o.stride, o.padding);
    return AvgPool2d<T>({.kernel_size = {1, o.kernel_size},
                         .stride = {1, o.stride},
                         .padding = {0, o.padding},
                         .count_include_pad = o.count_include_pad});
  }

  AvgPool1dOptions options_;
};

}  // namespace pupil
