#pragma once
// Decoding by stb_image, which is called here and nowhere else.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include <pupil/core/shape.hpp>
#include <pupil/io/byte_parts.hpp>
#include <pupil/io/stb_image.hpp>

namespace pupil::captioning::detail {

/// Hands parts to stb_image and notices what it does not tell: that it wanted more bytes than there are (it goes on
/// with zeros, so that a truncated picture would come out with its lower part grey), and how it left a JPEG's scans.
class StbSource {
 public:
  explicit StbSource(const ByteParts& parts) : parts_(parts.parts()) {}

  /// Whether all bytes were read and more were asked for.
  bool passed_end() const noexcept { return passed_end_; }

  /// Whether a JPEG's scan needed more bytes than it has.
  bool passed_scan() const noexcept { return passed_scan_; }

  /// Whether a JPEG's scan was given up before its last restart marker.
  bool left_scan() const noexcept { return left_scan_; }

  static const stb::stbi_io_callbacks& callbacks() {
    static constexpr stb::stbi_io_callbacks functions{&StbSource::read, &StbSource::skip, &StbSource::at_end};
    return functions;
  }

 private:
  // What is left of the part that is read, after those that are over; empty at the end of all.
  std::span<const std::byte> rest() {
    while (part_ < parts_.size() && position_ == parts_[part_].bytes.size()) {
      passed_scan_ |= parts_[part_].kind == PartKind::scan_padding;
      next_part();
    }
    return part_ < parts_.size() ? parts_[part_].bytes.subspan(position_) : std::span<const std::byte>{};
  }

  void next_part() {
    ++part_;
    position_ = 0;
  }

  bool in_scan() const { return part_ < parts_.size() && parts_[part_].kind != PartKind::plain; }

  // stb_image reads ahead. What it has read of a scan cannot be taken back when the scan is over, and there FF would
  // count as a marker: so of a scan's data it gets the bytes before the next FF, or the FF with the byte behind it.
  static std::size_t scan_step(std::span<const std::byte> bytes) {
    const auto count_to = [&](const void* found) {
      return found == nullptr ? bytes.size()
                              : static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
    };
    if (bytes[0] != std::byte{0xFF}) return count_to(std::memchr(bytes.data(), 0xFF, bytes.size()));
    std::size_t count = 1;
    while (count < bytes.size() && bytes[count] == std::byte{0xFF}) ++count;
    return std::min(count + 1, bytes.size());
  }

  std::size_t take(char* destination, std::size_t wanted) {
    std::size_t taken = 0;
    while (taken < wanted) {
      const std::span<const std::byte> bytes = rest();
      const bool scan = in_scan();
      if (bytes.empty() || (scan && taken > 0)) break;
      const auto next = bytes.first(std::min(wanted - taken, bytes.size()));
      const std::size_t count = scan ? scan_step(next) : next.size();
      if (destination != nullptr) std::memcpy(destination + taken, bytes.data(), count);
      position_ += count;
      taken += count;
      if (scan) break;
    }
    return taken;
  }

  // stb_image reads ahead, so only a read that finds nothing left is one too many.
  static int read(void* self, char* destination, int wanted) {
    auto& source = *static_cast<StbSource*>(self);
    const std::size_t count = source.take(destination, static_cast<std::size_t>(wanted));
    source.passed_end_ |= count == 0 && wanted > 0;
    return static_cast<int>(count);
  }

  static void skip(void* self, int wanted) {
    auto& source = *static_cast<StbSource*>(self);
    const auto count = static_cast<std::size_t>(std::max(wanted, 0));
    source.passed_end_ |= source.take(nullptr, count) < count;
  }

  // stb_image asks this when it has all blocks of a scan and looks for the marker behind it: what is left of the scan
  // is no part of the picture.
  static int at_end(void* self) {
    auto& source = *static_cast<StbSource*>(self);
    while (source.in_scan()) {
      const ByteParts::Part& part = source.parts_[source.part_];
      source.left_scan_ |= part.kind == PartKind::interrupted && source.position_ < part.bytes.size();
      source.next_part();
    }
    return source.part_ == source.parts_.size() ? 1 : 0;
  }

  const std::vector<ByteParts::Part>& parts_;
  std::size_t part_ = 0, position_ = 0;
  bool passed_end_ = false, passed_scan_ = false, left_scan_ = false;
};

/// What stb_image made of some bytes: [height, width, channels], or no pixels and the reason why.
struct StbPixels {
  std::unique_ptr<std::uint8_t, decltype(&stb::stbi_image_free)> pixels{nullptr, &stb::stbi_image_free};
  Index height = 0, width = 0, channels = 0;
  bool passed_end = false, passed_scan = false, left_scan = false;  // as in StbSource
  std::string reason;
};

inline StbPixels decode_by_stb(const ByteParts& parts) {
  int width = 0, height = 0, channels = 0;
  StbSource source(parts);
  StbPixels result;
  result.pixels.reset(stb::stbi_load_from_callbacks(&StbSource::callbacks(), &source, &width, &height, &channels, 0));
  result.height = height;
  result.width = width;
  result.channels = channels;
  result.passed_end = source.passed_end();
  result.passed_scan = source.passed_scan();
  result.left_scan = source.left_scan();
  const char* const reason = result.pixels == nullptr ? stb::stbi_failure_reason() : nullptr;
  result.reason = reason != nullptr ? reason : "no reason given";
  return result;
}

/// What the `compressed` zlib stream holds, at most `limit` bytes; empty where it is damaged or holds more.
inline std::vector<std::byte> inflate_by_stb(std::span<const std::byte> compressed, std::size_t limit) {
  constexpr std::size_t most = std::size_t{1} << 30;
  if (compressed.size() > most || limit > most) return {};
  std::vector<std::byte> result(limit);
  const int size = stb::stbi_zlib_decode_buffer(reinterpret_cast<char*>(result.data()), static_cast<int>(limit),
                                                reinterpret_cast<const char*>(compressed.data()),
                                                static_cast<int>(compressed.size()));
  result.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return result;
}

}  // namespace pupil::captioning::detail
