#pragma once
// Images of another size: every output pixel is one input pixel, or a mean of four of them that is weighted by how near
// they are. The two axes are apart: along each, output o is
//
//   x[below] (1 - weight) + x[above] weight
//
// Forward walks over the outputs. Backward walks over the inputs, and each gathers from the outputs that read it, so
// that every element has one owner and its terms are added in one order.

#include <algorithm>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pool/pool2d.hpp>
#include <pupil/kernels/window.hpp>

namespace pupil::kernels {

/// What one output of an axis reads. Where that is one input alone, below and above are the same.
struct AxisSource {
  Index below, above;
  double weight;  ///< of the one above

  /// The weight of this input.
  double of(Index input) const { return (input == below ? 1 - weight : 0) + (input == above ? weight : 0); }
};

/// Output `o` at the place `place` of `inputs` pixels that lie at 0, 1, 2, ...
inline AxisSource source_between(double place, Index inputs) {
  const double inside = std::clamp(place, 0.0, static_cast<double>(inputs - 1));
  const auto below = static_cast<Index>(inside);
  return {below, std::min(below + 1, inputs - 1), inside - static_cast<double>(below)};
}

/// One axis of a resampled image: what each output reads, and by which outputs each input is read.
class ResampledAxis {
 public:
  /// `source_of(o)` is the AxisSource of output o. Those of later outputs lie no further below.
  template <class SourceOf>
  ResampledAxis(Index inputs, Index outputs, const SourceOf& source_of) : readers_(static_cast<std::size_t>(inputs)) {
    sources_.reserve(static_cast<std::size_t>(outputs));
    for (Index o = 0; o < outputs; ++o) {
      sources_.push_back(source_of(o));
      for (const Index input : {sources_.back().below, sources_.back().above}) {
        Range& range = readers_[static_cast<std::size_t>(input)];
        if (range.end == 0) range.begin = o;
        range.end = o + 1;
      }
    }
  }

  const AxisSource& source(Index output) const { return sources_[static_cast<std::size_t>(output)]; }

  /// The outputs that read this input are all in it.
  Range readers(Index input) const { return readers_[static_cast<std::size_t>(input)]; }

 private:
  std::vector<AxisSource> sources_;
  std::vector<Range> readers_;
};

/// y from x by what the axes say, down and across.
template <class T>
void resample2d(const Tensor<T, 4>& x, const ResampledAxis& down, const ResampledAxis& across, Tensor<T, 4>& y) {
  using detail::Pixel;
  const auto pixel = [&](Index image, Index row, Index column) {
    return detail::ConstChannels<T>(x.row(Pixel{image, row, column}.row(x.shape())), x.columns());
  };
  detail::for_each_pixel(y.shape(), [&](const Pixel& output) {
    detail::Channels<T> result(y.row(output.row(y.shape())), y.columns());
    const AxisSource& v = down.source(output.y);
    const AxisSource& h = across.source(output.x);
    if (v.weight == 0 && h.weight == 0) {
      result = pixel(output.image, v.below, h.below);
      return;
    }
    const T lower = static_cast<T>(v.weight);
    const T right = static_cast<T>(h.weight);
    result =
        (1 - lower) *
            ((1 - right) * pixel(output.image, v.below, h.below) + right * pixel(output.image, v.below, h.above)) +
        lower * ((1 - right) * pixel(output.image, v.above, h.below) + right * pixel(output.image, v.above, h.above));
  });
}

/// dx from dy.
template <class T>
void resample2d_backward(const Tensor<T, 4>& dy, const ResampledAxis& down, const ResampledAxis& across,
                         Tensor<T, 4>& dx) {
  using detail::Pixel;
  detail::for_each_pixel(dx.shape(), [&](const Pixel& input) {
    detail::Channels<T> sum(dx.row(input.row(dx.shape())), dx.columns());
    sum.setZero();
    const Range rows = down.readers(input.y);
    const Range columns = across.readers(input.x);
    for (Index oy = rows.begin; oy < rows.end; ++oy) {
      const double vertical = down.source(oy).of(input.y);
      for (Index ox = columns.begin; ox < columns.end; ++ox) {
        const T weight = static_cast<T>(vertical * across.source(ox).of(input.x));
        sum += weight * detail::ConstChannels<T>(dy.row(Pixel{input.image, oy, ox}.row(dy.shape())), dy.columns());
      }
    }
  });
}

}  // namespace pupil::kernels
