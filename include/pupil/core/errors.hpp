#pragma once
// What pupil throws. Every message says what was wrong with which value; nothing is printed, nothing exits.

#include <functional>
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

/// The parts, printed one after another: `message("conv2d: stride is ", 0)`.
template <class... Parts>
std::string message(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
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
