#pragma once
// The grounds of scenes: textures in two near-greys, so that the shapes' colours stand out on all of them.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include <pupil/core/random.hpp>
#include <pupil/data/canvas.hpp>
#include <pupil/data/scene.hpp>

namespace pupil::captioning {

/// One ground, its colours, angle and grain drawn by lot.
class GroundPaint {
 public:
  GroundPaint(Ground ground, Rng& rng) : ground_(ground), noise_(rng.fork()) {
    const double grey = rng.uniform(.35, .8);
    for (double& channel : color_) channel = grey + rng.uniform(-.05, .05);
    contrast_ = (rng.below(2) == 0 ? -1 : 1) * rng.uniform(.07, .13);
    period_ = rng.uniform(.12, .24);
    const double angle = rng.uniform(0.0, 2 * std::numbers::pi);
    sine_ = std::sin(angle);
    cosine_ = std::cos(angle);
    phase_ = rng.uniform(0.0, 1.0);
  }

  /// The colour of the ground at a point.
  Rgb color(Point p) const {
    const double lighter = contrast_ * pattern(p);
    return {color_[0] + lighter, color_[1] + lighter, color_[2] + lighter};
  }

 private:
  /// In [-1, 1].
  double pattern(Point p) const {
    const double u = cosine_ * (p.x - .5) + sine_ * (p.y - .5);
    const double v = cosine_ * (p.y - .5) - sine_ * (p.x - .5);
    switch (ground_) {
      case Ground::shaded:
        return 1.4 * u;
      case Ground::striped:
        return std::clamp(4 * wave(u), -1.0, 1.0);
      case Ground::checked:
        return std::clamp(8 * wave(u) * wave(v), -1.0, 1.0);
      case Ground::speckled:
        return 2 * noise(p) - 1;
    }
    return 0;
  }

  double wave(double along) const { return std::sin(2 * std::numbers::pi * (along / period_ + phase_)); }

  /// Value noise: random values on a grid, smoothly joined. In [0, 1).
  double noise(Point p) const {
    constexpr double cells = 22;
    const double x = p.x * cells;
    const double y = p.y * cells;
    const double column = std::floor(x);
    const double row = std::floor(y);
    const auto value = [&](double dx, double dy) {
      return double{noise_.uniform_at(static_cast<std::uint64_t>((row + dy) * (cells + 1) + column + dx))};
    };
    const double across = smooth(x - column);
    const double top = std::lerp(value(0, 0), value(1, 0), across);
    const double bottom = std::lerp(value(0, 1), value(1, 1), across);
    return std::lerp(top, bottom, smooth(y - row));
  }

  static double smooth(double t) { return t * t * (3 - 2 * t); }

  Ground ground_;
  Rng noise_;
  Rgb color_{};
  double contrast_ = 0;
  double period_ = 0;
  double sine_ = 0;
  double cosine_ = 0;
  double phase_ = 0;
};

}  // namespace pupil::captioning
