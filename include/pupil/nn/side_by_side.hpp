#pragma once
// Two models of one type, visited side by side.

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil {

/// Keeps its memory from one visit to the next, so that only the first asks for some.
class SideBySide {
 public:
  /// Calls `use(name, item, other)` for everything that `model` visits, with what has its name in `other`: parameters,
  /// buffers and generators, once for each, by its first name. Throws ShapeError, before any call, where the two visit
  /// different things, by name, type and shape, or where they share one: then one was copied as a pointer.
  void visit(const ModelRef& model, const ModelRef& other,
             FunctionRef<void(const Name&, const ModelItem&, const ModelItem&)> use) {
    note(other);
    check(model);
    std::size_t i = 0;
    model.for_each_name([&](const Name& name, const ModelItem& item, detail::VisitedItems::Place place) {
      if (place.is_new) use(name, item, places_[i].item);
      ++i;
    });
  }

 private:
  /// What is visited under one name.
  struct Place {
    ModelItem item;
    Index index;  ///< the same for all names of an item
    std::string name{};
  };

  /// Notes what `other` visits. Names are spelt out anew only where they are others than the last time.
  void note(const ModelRef& other) {
    std::size_t count = 0;
    other.for_each_name([&](const Name& name, const ModelItem& item, detail::VisitedItems::Place place) {
      if (count == places_.size()) places_.push_back({item, place.index});
      Place& noted = places_[count++];
      noted.item = item;
      noted.index = place.index;
      if (!(name == noted.name)) noted.name = name.str();
    });
    places_.erase(places_.begin() + static_cast<std::ptrdiff_t>(count), places_.end());
  }

  void check(const ModelRef& model) const {
    std::size_t i = 0;
    model.for_each_name([&](const Name& name, const ModelItem& item, detail::VisitedItems::Place place) {
      if (i == places_.size() || !places_[i].item.is_of_same_type(item) || !(name == places_[i].name) ||
          places_[i].index != place.index) {
        throw ShapeError(message("two models of one type are not alike: ", name.str(), " has no twin among the ",
                                 places_.size(), " parameters and buffers of the other",
                                 i < places_.size() ? ", where " + places_[i].name + " stands" : ""));
      }
      require<ShapeError>(places_[i].item.address() != item.address(), "two models share ", places_[i].name,
                          ": one is a copy of the other by pointers");
      check_shapes(name, item.shape(), places_[i].item.shape());
      ++i;
    });
    require<ShapeError>(i == places_.size(), "two models of one type are not alike: one visits ", i,
                        " parameters and buffers, the other ", places_.size());
  }

  static void check_shapes(const Name& name, std::span<const Index> a, std::span<const Index> b) {
    if (std::ranges::equal(a, b)) return;
    throw ShapeError(message("two models of one type are not alike: ", name.str(), " is [", joined(a), "] in one and [",
                             joined(b), "] in the other"));
  }

  std::vector<Place> places_;
};

}  // namespace pupil
