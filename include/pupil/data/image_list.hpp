#pragma once
// What a file of captions says: its images in its order, each with its captions and perhaps its split. Forms read into
// it; what is there of the images is found in one way for all of them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/captioned_images.hpp>
#include <pupil/data/hashed_split.hpp>
#include <pupil/data/image_lookup.hpp>
#include <pupil/data/missing_images.hpp>
#include <pupil/text/tokenizer.hpp>

namespace pupil::captioning {

/// An image as a file names it.
struct ListedImage {
  std::string name;
  std::string subfolder = {};  ///< where to look for it first; empty: nowhere else
  std::string place = {};      ///< where in the file it was named first: "line 7"
  std::optional<Split> split = std::nullopt;
  std::vector<std::string> captions = {};
};

class ImageList {
 public:
  /// `file` is what errors call the file that is read.
  explicit ImageList(std::filesystem::path file) : file_(file.string()) {}

  /// From here on, what is added is from this file.
  void read_from(const std::filesystem::path& file) { file_ = file.string(); }

  /// The image of that name, new or known; the reference holds until the next one is added. Throws FileError where the
  /// name is empty.
  ListedImage& image(std::string_view name, const std::string& place, std::string_view subfolder = "") {
    require<FileError>(!name.empty(), file_, ": ", place, ": no image is named");
    const auto [entry, is_new] = places_.try_emplace(std::string(subfolder) + '/' + std::string(name), images_.size());
    if (is_new) {
      images_.push_back(
          {.name = std::string(name), .subfolder = std::string(subfolder), .place = file_ + ": " + place});
    }
    return images_[entry->second];
  }

  /// Throws FileError where the image is in another split already.
  void put_in(ListedImage& image, Split split, const std::string& place) const {
    require<FileError>(!image.split || *image.split == split, file_, ": ", place, ": ", visible(image.name),
                       " is in the ", split_name(split), " split here, and in the ",
                       split_name(image.split.value_or(split)), " split in ", image.place);
    image.split = split;
  }

  /// Adds a caption, in UTF-8, unless it has no word: then it is counted.
  void add_caption(ListedImage& image, std::string caption, const std::string& place) {
    if (!tokenize(caption).empty()) {
      image.captions.push_back(std::move(caption));
    } else if (wordless_++ == 0) {
      first_wordless_ = message(file_, ": ", place, ", ", visible(image.name));
    }
  }

  /// Adds a line to what is to be said of the list.
  void remark(std::string line) { remarks_.push_back(std::move(line)); }

  const std::vector<ListedImage>& images() const { return images_; }
  std::vector<ListedImage>& images() { return images_; }
  const std::string& file() const { return file_; }

  /// Moves what is to be said of the list into the data set.
  void move_remarks_to(CaptionedImages& data) {
    for (std::string& line : remarks_) data.remarks.push_back(std::move(line));
    data.wordless_captions += wordless_;
    if (wordless_ == 0) return;
    data.remarks.push_back(message(data.folder.string(), ": skipped ", wordless_,
                                   wordless_ == 1 ? " caption" : " captions", " without a word (", first_wordless_,
                                   wordless_ == 1 ? ")" : ", ...)"));
  }

 private:
  std::string file_;
  std::vector<ListedImage> images_;
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<std::string> remarks_;
  Index wordless_ = 0;
  std::string first_wordless_;
};

namespace detail {

/// Whether a name leads out of the folder that it is looked for in.
inline bool leads_out(std::string_view name) {
  std::string slashes(name);
  std::ranges::replace(slashes, '\\', '/');
  const auto path = std::filesystem::path(slashes).lexically_normal();
  return path.is_absolute() || (!path.empty() && *path.begin() == "..");
}

/// The file of an image, if it is there. Throws FileError where only a file outside could be meant.
inline std::optional<std::string> file_of(const ListedImage& image, const ImageLookup& files) {
  if (!image.subfolder.empty()) {
    if (auto found = files.find(image.subfolder + '/' + image.name)) return found;
  }
  auto found = files.find(image.name);
  require<FileError>(found || !leads_out(image.name), image.place, ": the image ", visible(image.name),
                     " would lie outside of ", files.folder().string());
  return found;
}

/// Puts the list's images into the splits of the data, and counts those that are left out.
class ImageFinder {
 public:
  ImageFinder(CaptionedImages& data, std::uint64_t seed) : data_(data), files_(data.image_folder), seed_(seed) {}

  void find(ImageList& list) {
    data_.has_own_splits =
        std::ranges::any_of(list.images(), [](const ListedImage& image) { return image.split.has_value(); });
    for (ListedImage& image : list.images()) {
      if (image.captions.empty()) {
        data_.uncaptioned.add(image.name);
      } else if (auto file = file_of(image, files_)) {
        merge(std::move(*file), image);
      } else {
        data_.captioned_but_absent.add(image.name);
      }
    }
    list.move_remarks_to(data_);
    share_out();
    remark_on_missing(data_.captioned_but_absent, files_, data_.remarks);
  }

 private:
  /// Two names may lead to one file.
  void merge(std::string file, ListedImage& image) {
    const auto [entry, is_new] = found_.try_emplace(std::move(file), &image);
    if (is_new) return;
    ListedImage& first = *entry->second;
    if (!first.split) first.split = image.split;
    require<FileError>(!image.split || first.split == image.split, image.place, ": ", visible(image.name),
                       " is in another split than ", visible(first.name), " in ", first.place, ", and both are ",
                       visible(entry->first));
    for (std::string& caption : image.captions) first.captions.push_back(std::move(caption));
  }

  void share_out() {
    bool any_left = false;
    for (auto& [file, image] : found_) {
      if (data_.has_own_splits && !image->split) {
        data_.captioned_but_unlisted.add(file);
        continue;
      }
      data_[image->split ? *image->split : hashed_split(file, seed_)].push_back({file, std::move(image->captions)});
      any_left = true;
    }
    if (any_left) return;
    const LeftOut& absent = data_.captioned_but_absent;
    require<FileError>(!found_.empty() || absent.count > 0, data_.folder.string(),
                       ": no image has a caption with a word",
                       data_.remarks.empty() ? "" : "; " + data_.remarks.back());
    throw FileError(message(data_.folder.string(), ": no caption is left: of ",
                            absent.count + static_cast<Index>(found_.size()),
                            " captioned images none is there and in a split",
                            absent.count == 0 ? "" : why_none_is_left(absent.first_names.front(), files_)));
  }

  CaptionedImages& data_;
  ImageLookup files_;
  std::uint64_t seed_;
  std::map<std::string, ListedImage*> found_;
};

/// The data set that a list describes, its images in `image_folder`. Where it names no splits, `seed` decides them.
inline CaptionedImages find_listed_images(ImageList list, const std::filesystem::path& folder,
                                          std::filesystem::path image_folder, std::string_view form,
                                          std::uint64_t seed) {
  CaptionedImages data;
  data.folder = folder;
  data.image_folder = std::move(image_folder);
  data.form = form;
  ImageFinder(data, seed).find(list);
  return data;
}

}  // namespace detail

}  // namespace pupil::captioning
