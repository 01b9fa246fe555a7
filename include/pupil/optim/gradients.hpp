#pragma once
// All gradients of a model, of whatever scalars, to be gone through in one parallel loop.

#include <cstddef>
#include <span>
#include <variant>

#include <pupil/core/parallel.hpp>
#include <pupil/core/pool_allocator.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/optim/array_ranges.hpp>

namespace pupil::detail {

class Gradients {
 public:
  template <class Model>
  explicit Gradients(Model& model) {
    for_each_parameter(model, [&](const Name&, auto& parameter) {
      auto& gradient = parameter.gradient;
      all_.emplace_back(std::span(gradient.data(), static_cast<std::size_t>(gradient.size())));
      ranges_.add(gradient.size());
    });
  }

  const ArrayRanges& ranges() const { return ranges_; }
  std::size_t count() const { return all_.size(); }

  /// Calls `use(range, elements)` for every range of every gradient, a span of floats or doubles.
  template <class Use>
  void for_each(const Use& use) const {
    ranges_.for_each([&](Index range, std::size_t i, Index first, Index last) {
      std::visit(
          [&](const auto& gradient) {
            use(range, gradient.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first)));
          },
          all_[i]);
    });
  }

 private:
  PoolVector<std::variant<std::span<float>, std::span<double>>> all_;
  ArrayRanges ranges_{pointwise_grain};
};

}  // namespace pupil::detail
