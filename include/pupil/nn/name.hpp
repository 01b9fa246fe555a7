#pragma once
// Names of parameters: paths such as `layer1.0.conv1.weight`.

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

#include <pupil/core/cpp20.hpp>

namespace pupil {

/// A path, part by part: `name / "layer1" / 0 / "weight"` is `layer1.0.weight`. A value: it holds its text itself, so
/// it may be kept, and what it was made of need not last. Up to 100 characters it allocates nothing.
class Name {
 public:
  Name() = default;

  /// The name of a part.
  Name operator/(std::string_view part) const {
    Name longer = *this;
    if (!text().empty()) longer.append(".");
    longer.append(part);
    return longer;
  }
  /// The name of a numbered part.
  Name operator/(std::integral auto number) const {
    std::array<char, 24> digits;  // more than any 64 bits have
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return *this / std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

  std::string str() const { return std::string(text()); }

  bool operator==(const Name& other) const { return text() == other.text(); }
  bool operator==(std::string_view other) const { return text() == other; }

  /// Whether the prefix is this name without its last parts, however many: `layer1.0.conv1.weight` begins with
  /// `layer1.0`, with all of itself and with nothing, but not with `layer`.
  bool begins_with(std::string_view prefix) const {
    const std::string_view whole = text();
    if (prefix.empty() || whole == prefix) return true;
    return whole.size() > prefix.size() && whole.starts_with(prefix) && whole[prefix.size()] == '.';
  }

 private:
  static constexpr std::size_t most_short = 100;

  std::string_view text() const { return long_.empty() ? std::string_view(short_.data(), size_) : long_; }

  void append(std::string_view more) {
    if (long_.empty() && size_ + more.size() <= most_short) {
      std::copy(more.begin(), more.end(), short_.data() + size_);
      size_ += more.size();
    } else {
      if (long_.empty()) long_.assign(short_.data(), size_);
      long_ += more;
    }
  }

  std::array<char, most_short> short_{};
  std::size_t size_ = 0;  // of what is in short_
  std::string long_;      // the whole text, where it is longer than that
};

}  // namespace pupil
