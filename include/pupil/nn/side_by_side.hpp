#pragma once
// Two models of one type, visited side by side.

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil {

/// Keeps its memory from one visit to the next, so that only the first asks for some.
class SideBySide {
 public:
  /// Calls `use(name, item, other)` for everything that `model` visits, with what has its name in `other`: parameters,
  /// buffers and generators, once for each, by its first name. Throws ShapeError, before any call, where the two visit
  /// different things, by name, type and shape, or where they share one: then one was copied as a pointer.
  template <class Model, class Use>
  void visit(Model& model, Model& other, const Use& use) {
    note(other);
    check(model);
    std::size_t i = 0;
    detail::VisitedItems visited;
    model.visit([&]<class Item>(const Name& name, Item& item) {
      if (visited.place(item).is_new) use(name, item, *static_cast<Item*>(places_[i].item));
      ++i;
    });
  }

 private:
  /// What is visited under one name.
  struct Place {
    void* item = nullptr;
    const char* type = nullptr;
    Index index = 0;  ///< the same for all names of an item
    std::string name{};
  };

  // Its address stands for the type.
  template <class Item>
  static constexpr char type_tag = 0;

  /// Notes what `other` visits. Names are spelt out anew only where they are others than the last time.
  template <class Model>
  void note(Model& other) {
    std::size_t count = 0;
    detail::VisitedItems visited;
    other.visit([&]<class Item>(const Name& name, Item& item) {
      if (count == places_.size()) places_.emplace_back();
      Place& place = places_[count++];
      place.item = &item;
      place.type = &type_tag<Item>;
      place.index = visited.place(item).index;
      if (!(name == place.name)) place.name = name.str();
    });
    places_.resize(count);
  }

  template <class Model>
  void check(Model& model) const {
    std::size_t i = 0;
    detail::VisitedItems visited;
    model.visit([&]<class Item>(const Name& name, Item& item) {
      if (i == places_.size() || places_[i].type != &type_tag<Item> || !(name == places_[i].name) ||
          places_[i].index != visited.place(item).index) {
        throw ShapeError(message("two models of one type are not alike: ", name.str(), " has no twin among the ",
                                 places_.size(), " parameters and buffers of the other",
                                 i < places_.size() ? ", where " + places_[i].name + " stands" : ""));
      }
      require<ShapeError>(places_[i].item != &item, "two models share ", places_[i].name,
                          ": one is a copy of the other by pointers");
      check_shapes(name, item, *static_cast<const Item*>(places_[i].item));
      ++i;
    });
    require<ShapeError>(i == places_.size(), "two models of one type are not alike: one visits ", i,
                        " parameters and buffers, the other ", places_.size());
  }

  template <class Item>
  static void check_shapes(const Name& name, const Item& a, const Item& b) {
    if constexpr (detail::is_parameter<Item>) {
      check_shapes(name, a.value, b.value);
    } else if constexpr (detail::is_tensor<Item>) {
      if (a.shape() == b.shape()) return;
      throw ShapeError(message("two models of one type are not alike: ", name.str(), " is ", a.shape(), " in one and ",
                               b.shape(), " in the other"));
    }
  }

  std::vector<Place> places_;
};

}  // namespace pupil
