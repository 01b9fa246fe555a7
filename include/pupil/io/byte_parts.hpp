#pragma once
// What a decoder is given instead of a file: parts of the file as they are, and bytes made in between. A file that is a
// little different from what the decoder knows becomes one that it knows, without a copy of its pixels.

#include <cstddef>
#include <deque>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/cpp20.hpp>

namespace pupil::captioning {

/// What the bytes of a part are, as far as `StbSource` hands them out differently.
enum class PartKind {
  plain,         ///< anything that is handed out as asked for
  interrupted,   ///< a JPEG scan's data up to its last restart marker
  scan,          ///< the rest of a JPEG scan's data
  scan_padding,  ///< bytes behind a JPEG scan's data, which must not be needed
};

/// A row of parts. Those of a file are not copied: the file must outlive this.
class ByteParts {
 public:
  /// Bytes, and what they are.
  struct Part {
    std::span<const std::byte> bytes;
    PartKind kind;
  };

  /// Appends a part.
  void add(std::span<const std::byte> bytes, PartKind kind = PartKind::plain) {
    if (!bytes.empty()) parts_.push_back({bytes, kind});
  }

  /// Text that outlives this, a literal.
  void add(std::string_view literal, PartKind kind = PartKind::plain) {
    add(std::as_bytes(std::span(literal.data(), literal.size())), kind);
  }

  /// Bytes that this keeps.
  void add_made(std::vector<std::byte> bytes) {
    made_.push_back(std::move(bytes));
    add(std::span<const std::byte>(made_.back()));
  }

  const std::vector<Part>& parts() const noexcept { return parts_; }

 private:
  std::vector<Part> parts_;
  std::deque<std::vector<std::byte>> made_;  // a deque, because what lies in it must not move
};

namespace detail {

/// Appends the `size` low bytes of `value`, the highest first.
inline void append_big_endian(std::vector<std::byte>& bytes, std::size_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) bytes.push_back(static_cast<std::byte>(value >> 8 * i & 0xFF));
}

/// Appends the `size` low bytes of `value`, the lowest first.
inline void append_little_endian(std::vector<std::byte>& bytes, std::size_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i, value >>= 8) bytes.push_back(static_cast<std::byte>(value & 0xFF));
}

/// Appends text.
inline void append_text(std::vector<std::byte>& bytes, std::string_view text) {
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
}

}  // namespace detail

}  // namespace pupil::captioning
