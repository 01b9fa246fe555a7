#pragma once
// The list of proposed alt texts, which somebody reviews: CSV, a row an image.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace captioner {

struct AltRow {
  std::string page;      ///< relative to the site's folder
  std::size_t line = 0;  ///< of the image in the page
  std::string image;     ///< its address as it stands in the page
  std::string alt;
  std::optional<double> confidence = {};  ///< that the text is acceptable, where the captioner was calibrated
  bool approved = false;
  std::size_t csv_line = 0;  ///< where the row was read
};

/// "file,line,image,alt,confidence,approved", the first line.
std::string alt_review_header();

/// A row that nobody has approved yet.
std::string to_csv(const AltRow& row);

/// The rows of a reviewed list: columns of those names in any order, others are passed over, and so may confidence be
/// absent. approved is yes, y, x, true or 1, or no, n, false, 0 or nothing. Throws FileError, naming the line and the
/// value, where a column is absent, a row has another number of fields, a line or an approval is none, a text is not
/// UTF-8, or an approved one is empty.
std::vector<AltRow> read_alt_review(const std::string& path);

}  // namespace captioner
