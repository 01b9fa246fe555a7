#pragma once
// A context holds one forward pass. These two notice it when a second one would overwrite what no backward has read,
// which would give wrong gradients without a word, and when there was none that backward could read.

#include <exception>
#include <string_view>
#include <utility>

#include <pupil/core/errors.hpp>

namespace pupil {

/// A member of every layer's Context: whether it holds a forward pass, and whether backward has read it. Where a
/// context is moved, this goes along; a copy of a context is another context, to be read by a backward of its own.
class UnreadForward {
 public:
  UnreadForward() = default;
  UnreadForward(const UnreadForward&) = default;
  UnreadForward& operator=(const UnreadForward&) = default;
  UnreadForward(UnreadForward&& other) noexcept : state_(std::exchange(other.state_, State::none)) {}
  UnreadForward& operator=(UnreadForward&& other) noexcept {
    state_ = std::exchange(other.state_, State::none);
    return *this;
  }
  ~UnreadForward() = default;

  /// For forward, before it changes anything. Throws ContextError, in the layer's name, where there is one already.
  void begin(std::string_view layer) {
    require<ContextError>(state_ != State::unread, layer,
                          ": the context is of an earlier forward that backward has not used; give each forward a "
                          "context of its own, or empty it where no backward will follow: context = {}");
    state_ = State::unread;
  }

  /// For backward, before it looks at what the context holds. Throws ContextError, in the layer's name, where it
  /// holds none.
  void require_forward(std::string_view layer) const {
    require<ContextError>(state_ != State::none, layer,
                          ": backward needs the context of a forward, and this one holds none");
  }

  /// For backward, which may come more than once.
  void end() const noexcept { state_ = State::read; }

 private:
  enum class State : unsigned char { none, unread, read };

  mutable State state_ = State::none;
};

namespace detail {

/// For the forward of what is made of layers: where an exception ends it, the context is emptied, as some of the layers
/// have seen a forward that no backward will follow.
template <class Context>
class EmptiedByException {
 public:
  explicit EmptiedByException(Context& context) : context_(context) {}
  EmptiedByException(const EmptiedByException&) = delete;
  EmptiedByException& operator=(const EmptiedByException&) = delete;
  ~EmptiedByException() {
    if (std::uncaught_exceptions() > exceptions_) context_ = Context{};
  }

 private:
  Context& context_;
  int exceptions_ = std::uncaught_exceptions();
};

}  // namespace detail

}  // namespace pupil
