#pragma once
// What tells an object that it was moved from.

#include <string_view>
#include <utility>

#include <pupil/core/errors.hpp>

namespace pupil {

/// A member of objects that are of no use once they were moved from, such as a layer that has given its weights away.
/// It is copied and moved with them; to move an object to itself is to move from it, as with the standard's containers.
/// What is assigned anew can be used again.
class MoveMark {
 public:
  MoveMark() = default;
  MoveMark(const MoveMark&) = default;
  MoveMark& operator=(const MoveMark&) = default;
  MoveMark(MoveMark&& other) noexcept : moved_(std::exchange(other.moved_, true)) {}
  MoveMark& operator=(MoveMark&& other) noexcept {
    const bool moved = std::exchange(other.moved_, true);
    if (this != &other) moved_ = moved;
    return *this;
  }
  ~MoveMark() = default;

  /// Throws ShapeError, in the owner's name, where the owner was moved from.
  void check(std::string_view owner) const {
    require<ShapeError>(!moved_, owner, ": this one was moved from and has nothing left; use the one it was moved to");
  }

 private:
  bool moved_ = false;
};

}  // namespace pupil
