#pragma once
// A JPEG file as stb_image is to see it.
//
// stb_image knows the plain form only, and takes other things silently for it. So a file is not given to it as it is,
// but what of it makes the picture, put in order:
//
// - the segments of tables and the frame, whose components are numbered anew;
// - one segment that says which colours the components are, as libjpeg sees it;
// - the scans, each with as many restart markers as it needs, and with ones behind it: no code is all ones, so a scan
//   that lacks blocks is an error where stb_image would go on with zeros and show grey;
// - an end.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/io/byte_parts.hpp>
#include <pupil/io/jpeg_frame.hpp>
#include <pupil/io/jpeg_scan.hpp>
#include <pupil/io/jpeg_segments.hpp>
#include <pupil/io/jpeg_standard_tables.hpp>
#include <pupil/io/jpeg_tables.hpp>

namespace pupil::captioning {

/// What stands behind the data of a scan, and must not be needed: ones or zeros.
enum class ScanPadding { ones, zeros };

namespace detail {

/// Which colours the components are, by the marks that writers leave.
struct JpegColourMarks {
  bool jfif = false;
  std::optional<int> adobe_transform;

  void add(const JpegSegment& segment) {
    const ByteNumbers numbers{segment.contents};
    if (segment.marker == jpeg_marker::app0 && pupil::detail::begins_with(segment.contents, {"JFIF\0", 5})) jfif = true;
    const bool adobe = segment.marker == jpeg_marker::app14 && pupil::detail::begins_with(segment.contents, "Adobe");
    if (adobe && segment.contents.size() >= 12) adobe_transform = static_cast<int>(numbers.read(11, 1));
  }

  /// What Adobe's segment has to say to stb_image: 0 for RGB and CMYK, 1 for YCbCr, 2 for YCCK.
  char transform(const std::vector<JpegComponent>& components) const {
    if (components.size() == 4) return adobe_transform.value_or(0) == 0 ? 0 : 2;
    if (components.size() != 3 || jfif) return 1;
    if (adobe_transform) return *adobe_transform == 0 ? 0 : 1;
    return components[0].id == 'R' && components[1].id == 'G' && components[2].id == 'B' ? 0 : 1;
  }
};

/// Splits a scan's data behind the restart markers that it needs. Returns false where there are fewer; what lies behind
/// one more is no part of the picture.
inline bool add_scan_data(ByteParts& parts, std::span<const std::byte> data, Index needed_restarts) {
  std::size_t position = 0, begin = 0;
  Index restarts = 0;
  while (true) {
    const std::size_t mark = find_ff(data, position), end = behind_ff(data, mark);
    if (end >= data.size()) {
      parts.add(data.subspan(begin), PartKind::scan);
      return restarts == needed_restarts;
    }
    position = end + 1;
    if (!jpeg_marker::is_restart(std::to_integer<std::uint8_t>(data[end]))) continue;
    if (restarts == needed_restarts) {
      parts.add(data.subspan(begin, mark - begin), PartKind::scan);
      return true;
    }
    if (++restarts == needed_restarts) {
      parts.add(data.first(position), PartKind::interrupted);
      begin = position;
    }
  }
}

/// Data that ends with many zeros where the file ends is a file that was to be filled later.
inline std::span<const std::byte> without_unwritten(std::span<const std::byte> data) {
  constexpr std::size_t plausible = 16;
  std::size_t size = data.size();
  while (size > 0 && data[size - 1] == std::byte{0}) --size;
  return data.size() - size > plausible ? data.first(size) : data;
}

}  // namespace detail

/// Puts a JPEG file together for stb_image.
class JpegParts {
 public:
  /// Throws FileError, beginning with `name`, for pictures that are truncated, damaged, not supported or too large. The
  /// bytes begin with FF D8 and must outlive this.
  JpegParts(std::span<const std::byte> jpeg, std::string_view name, ScanPadding padding)
      : jpeg_(jpeg), name_(name), padding_(padding) {
    parts_.add(std::string_view("\xFF\xD8"));
    ends_ = visit_jpeg_segments(jpeg, [&](const JpegSegment& segment) {
      add(segment);
      return true;
    });
    const bool complete = coverage_ && (ends_ ? coverage_->begun() : coverage_->complete());
    require<FileError>(complete && !lacks_restarts_, name, ": truncated JPEG image");
    parts_.add(std::string_view("\xFF\xD9"));
  }

  const ByteParts& parts() const noexcept { return parts_; }

  /// Whether the file says where it ends. Where it does not, the last scan may lack something.
  bool ends() const noexcept { return ends_; }

 private:
  void add(const JpegSegment& segment) {
    if (detail::is_jpeg_frame(segment.marker)) {
      require<FileError>(!frame_.read(), name_, ": damaged JPEG image (two frames)");
      add_frame(segment);
    } else if (segment.marker == jpeg_marker::start_of_scan) {
      require<FileError>(frame_.read(), name_, ": damaged JPEG image (a scan before the frame)");
      add_scan(segment);
    } else if (is_table(segment.marker)) {
      if (segment.marker == jpeg_marker::restart_interval) interval_ = ByteNumbers{segment.contents}.read(0, 2);
      tables_.add(segment, name_);
      parts_.add(segment.whole);
    } else if (scans_ == 0) {
      colours_.add(segment);
    }
  }

  static bool is_table(std::uint8_t marker) {
    return marker == jpeg_marker::huffman_tables || marker == jpeg_marker::quantization_tables ||
           marker == jpeg_marker::restart_interval;
  }

  void add_frame(const JpegSegment& segment) {
    frame_ = read_jpeg_frame(segment, jpeg_.size(), name_);
    sampling_ = jpeg_sampling(frame_, name_);
    coverage_.emplace(frame_.components.size());
    std::vector<std::byte> made(segment.whole.begin(), segment.whole.end());
    for (std::size_t i = 0; i < frame_.components.size(); ++i) made[10 + 3 * i] = static_cast<std::byte>(i + 1);
    parts_.add_made(std::move(made));
  }

  void add_scan(const JpegSegment& segment) {
    constexpr int most_scans = 1000;  // each goes through all blocks, be it of a few bytes
    require<FileError>(++scans_ <= most_scans, name_, ": JPEG of more than ", most_scans, " scans is not supported");
    const JpegScan scan = read_jpeg_scan(segment, frame_, name_);
    if (scans_ == 1) add_before_scans();
    tables_.require_for(frame_, scan, name_);
    coverage_->add(scan);
    add_scan_header(scan);

    const bool last = segment.scan_data.data() + segment.scan_data.size() == jpeg_.data() + jpeg_.size();
    const auto data = last ? detail::without_unwritten(segment.scan_data) : segment.scan_data;
    const Index units = jpeg_scan_units(frame_, scan, sampling_);
    const Index restarts = interval_ > 0 ? (units - 1) / interval_ : 0;
    lacks_restarts_ |= !detail::add_scan_data(parts_, data, restarts);
    // A decoder that reads ahead takes 4 bytes that it does not need.
    parts_.add(padding_ == ScanPadding::ones ? std::string_view("\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0", 12)
                                             : std::string_view("\0\0\0\0\0\0", 6),
               PartKind::scan_padding);
  }

  void add_before_scans() {
    std::vector<std::byte> made;
    detail::append_text(made, {"\xFF\xEE\0\x0E"
                               "Adobe\0\x64\0\0\0\0",
                               15});
    detail::append_big_endian(made, static_cast<std::size_t>(colours_.transform(frame_.components)), 1);
    parts_.add_made(std::move(made));
    if (tables_.has_huffman() || frame_.progressive()) return;
    const auto standard = std::as_bytes(std::span(detail::jpeg_standard_tables));
    parts_.add(standard);
    tables_.add({jpeg_marker::huffman_tables, standard, standard.subspan(4), {}}, name_);
  }

  void add_scan_header(const JpegScan& scan) {
    std::vector<std::byte> made;
    detail::append_text(made, "\xFF\xDA");
    detail::append_big_endian(made, 6 + 2 * scan.parts.size(), 2);
    detail::append_big_endian(made, scan.parts.size(), 1);
    for (const auto& part : scan.parts) {
      detail::append_big_endian(made, part.component + 1, 1);
      detail::append_big_endian(made, static_cast<std::size_t>(part.tables), 1);
    }
    detail::append_big_endian(made, static_cast<std::size_t>(scan.first), 1);
    detail::append_big_endian(made, static_cast<std::size_t>(scan.last), 1);
    detail::append_big_endian(made, static_cast<std::size_t>(scan.high << 4 | scan.low), 1);
    parts_.add_made(std::move(made));
  }

  std::span<const std::byte> jpeg_;
  std::string_view name_;
  ScanPadding padding_;
  ByteParts parts_;
  JpegFrame frame_;
  JpegSampling sampling_;
  std::optional<JpegCoverage> coverage_;
  JpegTables tables_;
  detail::JpegColourMarks colours_;
  Index interval_ = 0;
  int scans_ = 0;
  bool ends_ = false, lacks_restarts_ = false;
};

}  // namespace pupil::captioning
