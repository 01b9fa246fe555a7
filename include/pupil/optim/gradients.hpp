#pragma once
// All gradients of a model, of whatever scalars, to be gone through in one parallel loop.

#include <cstddef>
#include <span>
#include <variant>

#include <pupil/core/parallel.hpp>
#include <pupil/core/pool_allocator.hpp>
#include <pupil/nn/model_ref.hpp>
#include <pupil/optim/array_ranges.hpp>

namespace pupil::detail {

class Gradients {
 public:
  explicit Gradients(const ModelRef& model) {
    model.for_each(ItemKind::parameter, [&](const Name&, const ModelItem& parameter) {
      if (parameter.holds<float>()) {
        all_.emplace_back(parameter.gradient<float>());
      } else {
        all_.emplace_back(parameter.gradient<double>());
      }
      ranges_.add(parameter.size());
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
