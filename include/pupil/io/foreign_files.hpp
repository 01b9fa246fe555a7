#pragma once
// Files that are no image which pupil reads, by what they are: the reader of an error wants to know what to do.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include <pupil/io/byte_numbers.hpp>

namespace pupil {

namespace detail {

/// How a file of some kind begins: with `text`, `at` so many bytes from its begin.
struct FileSignature {
  std::size_t at;
  std::string_view text;
  std::string_view kind;
};

inline std::span<const FileSignature> file_signatures() {
  using namespace std::string_view_literals;
  constexpr std::string_view tiff_kind = "TIFF (or a camera's raw file)";
  static constexpr FileSignature signatures[]{
      {8, "WEBP", "WebP"},
      {0, "II*\0"sv, tiff_kind},
      {0, "MM\0*"sv, tiff_kind},
      {0, "II+\0"sv, tiff_kind},
      {0, "MM\0+"sv, tiff_kind},
      {0, "IIRO", tiff_kind},
      {0, "IIU\0"sv, tiff_kind},
      {0, "FUJIFILM", "a camera's raw file"},
      {0, "II\xBC", "JPEG XR"},
      {0, "\xFF\x0A", "JPEG XL"},
      {0, "\0\0\0\x0CJXL "sv, "JPEG XL"},
      {0, "\0\0\0\x0CjP  "sv, "JPEG 2000"},
      {0, "\xFF\x4F\xFF\x51", "JPEG 2000"},
      {0, "\x89PNG", "PNG that was transferred as text, which has changed its line ends"},
      {0, "8BPS", "Photoshop's PSD"},
      {0, "\0\0\1\0"sv, "an icon (ICO)"},
      {0, "\0\0\2\0"sv, "a cursor (CUR)"},
      {0, "qoif", "QOI"},
      {0, "DDS ", "DDS"},
      {0, "#?RADIANCE", "Radiance HDR"},
      {0, "v/1\1", "OpenEXR"},
      {0, "gimp xcf", "GIMP's XCF"},
      {0, "\x8AMNG", "MNG"},
      {0, "\x8BJNG", "JNG"},
      {0, "BPG\xFB", "BPG"},
      {0, "FLIF", "FLIF"},
      {0, "\x0A\5\1\x08", "PCX"},
      {0, "%PDF", "PDF"},
      {0, "%!PS", "PostScript"},
      {0, "\xC5\xD0\xD3\xC6", "PostScript"},
      {0, "\xD7\xCD\xC6\x9A", "a Windows metafile"},
      {0, "PK\3\4", "a zip archive"},
      {0, "PK\5\6", "a zip archive"},
      {0, "\x1F\x8B", "compressed by gzip"},
      {0, "BZh", "compressed by bzip2"},
      {0,
       "\xFD"
       "7zXZ",
       "compressed by xz"},
      {0, "\x28\xB5\x2F\xFD", "compressed by zstd"},
      {0, "7z\xBC\xAF", "a 7-Zip archive"},
      {0, "Rar!", "a RAR archive"},
      {257, "ustar", "a tar archive"},
      {8, "AVI ", "a video (AVI)"},
      {0, "\x1A\x45\xDF\xA3", "a video (Matroska, WebM)"},
      {0, "\0\0\1\xBA"sv, "a video (MPEG)"},
      {0, "\0\0\1\xB3"sv, "a video (MPEG)"},
      {0, "FLV\1", "a video (FLV)"},
      {0, "\0\5\x16\7"sv, "macOS's notes about a file of the same name (AppleDouble), not the file"},
      {0, "\0\5\x16\0"sv, "macOS's notes about a file of the same name (AppleSingle), not the file"},
      {0, "version https://git-lfs", "a Git LFS pointer: `git lfs pull` fetches the file itself"},
      {0, "version https://hawser", "a Git LFS pointer: `git lfs pull` fetches the file itself"},
  };
  return signatures;
}

/// The families of the container that MPEG-4 has begun, by the brand that stands behind "ftyp".
inline std::string_view kind_by_brand(std::string_view brand) {
  if (brand == "avif" || brand == "avis") return "AVIF";
  for (const std::string_view heic : {"heic", "heix", "hevc", "hevx", "heim", "heis", "hevm", "hevs"}) {
    if (brand == heic) return "HEIC";
  }
  if (brand == "mif1" || brand == "msf1" || brand == "mif2") return "HEIF";
  if (brand == "crx ") return "a camera's raw file";
  if (brand == "jxl ") return "JPEG XL";
  return "a video (MPEG-4, QuickTime)";
}

/// Whether the text begins so, whatever the case of its letters; `lower` is in lower case.
inline bool begins_in_any_case(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

/// What a text is: a server's answer instead of a file, mostly. Empty for texts of no kind that is known.
inline std::string_view kind_of_text(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\v\f";
  const auto pass_space = [&] { text.remove_prefix(std::min(text.find_first_not_of(space), text.size())); };
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  pass_space();
  bool xml = false;
  while (text.starts_with("<!--") || text.starts_with("<?")) {
    xml |= text.starts_with("<?xml");
    const std::string_view close = text.starts_with("<?") ? "?>" : "-->";
    const std::size_t end = text.find(close);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + close.size());
    pass_space();
  }
  for (const std::string_view html :
       {"<!doctype html", "<html", "<head", "<body", "<title", "<script", "<meta", "<center", "<h1", "<div", "<p>"}) {
    if (begins_in_any_case(text, html)) return "a web page (HTML)";
  }
  if (begins_in_any_case(text, "<svg") || begins_in_any_case(text, "<!doctype svg")) return "SVG";
  if (xml || text.starts_with("<")) return "XML";
  if (text.starts_with("{") || text.starts_with("[")) return "JSON";
  return "";
}

/// Whether the first bytes are letters, spaces and the like.
inline bool looks_like_text(std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes.first(std::min<std::size_t>(bytes.size(), 512))) {
    const auto c = std::to_integer<unsigned>(byte);
    if (c == 0x7F || (c < 0x20 && (c < 0x08 || c > 0x0D))) return false;
  }
  return bytes.size() >= 4;
}

}  // namespace detail

/// What a file is that begins with these bytes, as words that can follow "is"; empty where it is of no kind that is
/// known. JPEG, PNG, BMP and GIF are not among them.
inline std::string_view kind_of_foreign_file(std::span<const std::byte> bytes) {
  const std::string_view text = detail::text_of(bytes);
  for (const auto& signature : detail::file_signatures()) {
    if (text.size() >= signature.at && text.substr(signature.at).starts_with(signature.text)) return signature.kind;
  }
  if (text.size() >= 12 && text.substr(4, 4) == "ftyp") return detail::kind_by_brand(text.substr(8, 4));
  if (text.size() > 2 && text[0] == 'P' && text[1] >= '1' && text[1] <= '7' && (text[2] == '\n' || text[2] == ' ')) {
    return "PNM";
  }
  const bool zeros = !bytes.empty() && text.find_first_not_of('\0') == std::string_view::npos;
  if (zeros) return "nothing but zeros, a file that was never filled";
  if (!detail::looks_like_text(bytes)) return "";
  const std::string_view kind = detail::kind_of_text(text);
  return kind.empty() ? "text" : kind;
}

}  // namespace pupil
