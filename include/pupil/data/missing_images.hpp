#pragma once
// What to say of images that have captions and are not there.

#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/captioned_images.hpp>
#include <pupil/data/image_lookup.hpp>

namespace pupil::captioning::detail {

/// What a name that is not there may have meant: "a.JPG is not there, but a.jpg is".
inline void remark_on_missing(const LeftOut& missing, const ImageLookup& files, std::vector<std::string>& remarks) {
  if (missing.count == 0) return;
  const std::string& name = missing.first_names.front();
  const std::string near = files.near(name);
  if (near.empty()) return;
  remarks.push_back(message(files.folder().string(), ": ", visible(name), " is not there, but ", visible(near), " is"));
}

/// Why nothing is left: "; a.jpg, the first, is not in Images, which has 12 files (b.jpg, ...)".
inline std::string why_none_is_left(std::string_view first_missing, const ImageLookup& files) {
  const std::string near = files.near(first_missing);
  const std::string shown = near.empty() ? files.any() : near;
  return message("; ", visible(first_missing), ", the first, is not in ", files.folder().string(), ", which has ",
                 files.size(), files.size() == 1 ? " file" : " files",
                 shown.empty()  ? ""
                 : near.empty() ? " (such as " + visible(shown) + ")"
                                : ", " + visible(shown) + " among them");
}

}  // namespace pupil::captioning::detail
