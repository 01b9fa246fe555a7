#pragma once
// What pupil throws. Every message says what was wrong with which value; nothing is printed, nothing exits.

#include <functional>
#include <initializer_list>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <pupil/core/cpp20.hpp>

namespace pupil {

/// The base of everything that pupil throws on purpose.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Two shapes, or a shape and a layer, that do not fit.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// An option outside its range, or two options that exclude each other.
class OptionError : public Error {
 public:
  using Error::Error;
};

/// An index, a token or a class number outside its range.
class IndexError : public Error {
 public:
  using Error::Error;
};

/// A file that is missing, unreadable, unwritable, or not what its name says; the message begins with its path.
class FileError : public Error {
 public:
  using Error::Error;
};

/// A context that is not used as contexts are: one forward, and then its backward.
class ContextError : public Error {
 public:
  using Error::Error;
};

/// A number that stopped being one: a loss or a gradient that is not finite.
class NumericError : public Error {
 public:
  using Error::Error;
};

namespace detail {

/// Refers to anything that can be printed, and lives no longer. So a message is compiled once for each type of its
/// parts, not for each list of them: a program has hundreds of messages.
class MessagePart {
 public:
  MessagePart(const char* text)  // NOLINT(google-explicit-constructor): made of what stands between commas
      : part_(text), print_([](std::ostream& out, const void* part) { out << static_cast<const char*>(part); }) {}
  template <class Part>
  MessagePart(const Part& part)  // NOLINT(google-explicit-constructor)
      : part_(std::addressof(part)),
        print_([](std::ostream& out, const void* referred) { out << *static_cast<const Part*>(referred); }) {}

  friend std::ostream& operator<<(std::ostream& out, const MessagePart& part) {
    part.print_(out, part.part_);
    return out;
  }

 private:
  const void* part_;
  void (*print_)(std::ostream&, const void*);
};

inline std::string printed(std::initializer_list<MessagePart> parts) {
  std::ostringstream text;
  for (const MessagePart& part : parts) text << part;
  return text.str();
}

}  // namespace detail

/// The parts, printed one after another: `message("conv2d: stride is ", 0)`.
template <class... Parts>
std::string message(const Parts&... parts) {
  return detail::printed({detail::MessagePart(parts)...});
}

/// The items, printed one after another with a separator between them: `joined(shape)` is "2, 3, 4". Each is printed as
/// `shown(item)`.
template <typename Items, typename Shown = std::identity>
std::string joined(const Items& items, std::string_view separator = ", ", Shown shown = {}) {
  std::ostringstream text;
  std::string_view before = "";
  for (const auto& item : items) {
    text << before << shown(item);
    before = separator;
  }
  return text.str();
}

/// Throws `Kind` with `message(parts...)` unless the condition holds. Parts are only printed when it does not.
template <class Kind, class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]] {
    throw Kind(message(parts...));
  }
}

}  // namespace pupil
