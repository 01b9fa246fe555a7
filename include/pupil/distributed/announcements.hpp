#pragma once
// Announcements: of which parameters backward has said that their gradients are complete.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil::detail {

/// Parameters are numbered in the order of the model's visit. One that is visited under several names is added to in
/// several places: it is complete when it was announced as often as it has names.
class Announcements {
 public:
  explicit Announcements(const ModelRef& model) {
    model.for_each_name(ItemKind::parameter, [&](const Name&, const ModelItem& item, VisitedItems::Place place) {
      if (place.is_new) {
        numbers_.emplace_back(item.address(), names_.size());
        names_.push_back(0);
      }
      ++names_[static_cast<std::size_t>(place.index)];
    });
    std::ranges::sort(numbers_);
    missing_ = names_;
  }

  /// The parameter's number where this completes it. Throws ShapeError for what is no parameter of the model, and
  /// ContextError for one that was complete before.
  std::optional<std::size_t> announce(const Name& name, const ModelItem& parameter) {
    const auto known = std::ranges::lower_bound(numbers_, parameter.address(), {}, &Numbered::first);
    if (known == numbers_.end() || known->first != parameter.address()) {
      throw ShapeError(
          message("distributed_gradients: ", name.str(), " was finished, and is no parameter of the model"));
    }
    const std::size_t number = known->second;
    if (missing_[number] == 0) {
      throw ContextError(message("distributed_gradients: ", name.str(), " was finished more often than the model has ",
                                 "names for it, and its gradient has been sent already"));
    }
    return --missing_[number] == 0 ? std::optional(number) : std::nullopt;
  }

  bool is_complete(std::size_t parameter) const { return missing_[parameter] == 0; }

  /// Begins anew, for the next step.
  void reset() { std::ranges::copy(names_, missing_.begin()); }

 private:
  using Numbered = std::pair<const void*, std::size_t>;

  std::vector<Numbered> numbers_;     // by address
  std::vector<std::size_t> names_;    // how many each parameter has
  std::vector<std::size_t> missing_;  // how many of them were not announced yet
};

}  // namespace pupil::detail
