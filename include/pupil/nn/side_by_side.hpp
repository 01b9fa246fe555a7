#pragma once
// Two models of one type, visited side by side.

#include <cstddef>
#include <type_traits>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil {

/// Keeps its memory from one visit to the next, so that only the first asks for some.
class SideBySide {
 public:
  /// Calls `use(name, item, other)` for everything that `model` visits, with what is in the same place in `other`:
  /// parameters, buffers and generators. Throws ShapeError, before any call, where the two visit different things.
  template <class Model, class Use>
  void visit(Model& model, Model& other, const Use& use) {
    places_.clear();
    other.visit([&]<class Item>(const Name&, Item& item) { places_.push_back({&item, &type_tag<Item>}); });
    std::size_t i = 0;
    model.visit([&]<class Item>(const Name& name, Item& item) {
      if (i == places_.size() || places_[i].type != &type_tag<Item>) {
        throw ShapeError(message("two models of one type are not alike: ", name.str(), " has no twin among the ",
                                 places_.size(), " parameters and buffers of the other"));
      }
      check_shapes(name, item, *static_cast<const Item*>(places_[i].item));
      ++i;
    });
    require<ShapeError>(i == places_.size(), "two models of one type are not alike: one visits ", i,
                        " parameters and buffers, the other ", places_.size());
    i = 0;
    model.visit([&]<class Item>(const Name& name, Item& item) {
      use(name, item, *static_cast<Item*>(places_[i].item));
      ++i;
    });
  }

 private:
  struct Place {
    void* item;
    const char* type;
  };

  // Its address stands for the type.
  template <class Item>
  static constexpr char type_tag = 0;

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
