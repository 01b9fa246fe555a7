#pragma once
// What reading every image of a data set finds: files that are no images, and files that are the same.

#include <string>
#include <vector>

#include <pupil/data/captioned_images.hpp>
#include <pupil/data/image_files.hpp>

#include "../common/progress_line.hpp"

namespace captioner {

/// An image and the split that it is in.
struct PlacedImage {
  pupil::captioning::Split split = pupil::captioning::Split::train;
  std::string name;
};

/// Images whose files hold the same bytes, two or more.
using SameImages = std::vector<PlacedImage>;

struct ImageCheck {
  pupil::Index images = 0;  ///< so many were read
  std::vector<pupil::captioning::SkippedImage> broken;
  std::vector<SameImages> duplicates;
};

/// Whether some of them are in one split and some in another: what is scored would have been learned.
bool is_across_splits(const SameImages& images);

/// Decodes all images, in parallel, and shows on `line` how far that is. Throws Interrupted where an interruption is
/// noted.
ImageCheck check_images(const pupil::captioning::CaptionedImages& data, ProgressLine& line);

}  // namespace captioner
