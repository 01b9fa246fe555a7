#pragma once
// How files of many kinds begin, and what such a file is called: the one table of that.

#include <cstddef>
#include <span>
#include <string_view>

#include <pupil/core/cpp20.hpp>

namespace pupil {

/// Kinds of files by what a user can do with them.
enum class FileFamily {
  unknown,
  other,
  zip,       ///< unpack it; what it is depends on what is in it
  archive,   ///< unpack it
  office,    ///< save it as CSV
  document,  ///< PDF and PostScript, which may begin with letters alone
  web_page,  ///< it came instead of the file
  xml,       ///< it came instead of the file, mostly
  json,
  text,
};

/// What a file is.
struct ForeignFile {
  FileFamily family = FileFamily::unknown;
  std::string_view kind;  ///< as words that can follow "is", with the way out where that is the same for all readers

  bool is_known() const { return family != FileFamily::unknown; }
};

namespace detail {

/// How a file of some kind begins: with `text`, `at` so many bytes from its begin.
struct FileSignature {
  std::size_t at;
  std::string_view text;
  std::string_view kind;
  FileFamily family = FileFamily::other;
};

/// Longer ones stand before shorter ones that they begin with.
inline std::span<const FileSignature> file_signatures() {
  using namespace std::string_view_literals;
  using enum FileFamily;
  constexpr std::string_view tiff_kind = "TIFF (or a camera's raw file)";
  static constexpr FileSignature signatures[]{
      {0, "\xFF\xD8\xFF", "a JPEG image"},
      {0, "\x89PNG\r\n\x1A\n", "a PNG image"},
      {0, "\x89PNG", "PNG that was transferred as text, which has changed its line ends"},
      {0, "GIF87a", "a GIF image"},
      {0, "GIF89a", "a GIF image"},
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
      {0, "8BPS", "Photoshop's PSD"},
      {0, "\0\0\2\0\0\0\0\0"sv, "TGA"},  // a cursor's fifth and sixth byte are how many pictures it has
      {0, "\0\0\3\0\0\0\0\0"sv, "TGA"},
      {0, "\0\0\x0A\0\0\0\0\0"sv, "TGA"},
      {0, "\0\0\x0B\0\0\0\0\0"sv, "TGA"},
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
      {0, "\1\xDA\0\1"sv, "SGI's RGB"},
      {0, "\1\xDA\1\1"sv, "SGI's RGB"},
      {0, "\xD7\xCD\xC6\x9A", "a Windows metafile"},
      {0, "%PDF", "a PDF", document},
      {0, "%!PS", "PostScript", document},
      {0, "\xC5\xD0\xD3\xC6", "PostScript", document},
      {0, "\xD0\xCF\x11\xE0", "an old Excel or Word file", office},
      {0, "PK\3\4", "a zip archive", zip},
      {0, "PK\5\6", "an empty zip archive"},
      {0, "PK\7\x08", "a part of a zip archive"},
      {0, "7z\xBC\xAF", "a 7-Zip archive", archive},
      {0, "Rar!", "a RAR archive", archive},
      {257, "ustar", "a tar archive", archive},
      {0, "\x1F\x8B", "compressed by gzip: gunzip unpacks it"},
      {0, "BZh", "compressed by bzip2: bunzip2 unpacks it"},
      {0, "\xFD\x37zXZ", "compressed by xz: unxz unpacks it"},
      {0, "\x28\xB5\x2F\xFD", "compressed by zstd: unzstd unpacks it"},
      {8, "AVI ", "a video (AVI)"},
      {0, "\x1A\x45\xDF\xA3", "a video (Matroska, WebM)"},
      {0, "\0\0\1\xBA"sv, "a video (MPEG)"},
      {0, "\0\0\1\xB3"sv, "a video (MPEG)"},
      {0, "FLV\1", "a video (FLV)"},
      {0, "SQLite format 3\0"sv, "an SQLite database"},
      {0, "\x7F\x45LF", "a program"},
      {0, "bplist", "a property list"},
      {0, "\0\5\x16\7"sv, "macOS's notes about a file of the same name (AppleDouble), not the file"},
      {0, "\0\5\x16\0"sv, "macOS's notes about a file of the same name (AppleSingle), not the file"},
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

}  // namespace detail

}  // namespace pupil
