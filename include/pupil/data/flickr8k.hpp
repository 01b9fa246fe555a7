#pragma once
// Flickr8k (Hodosh, Young, Hockenmaier 2013: "Framing image description as a ranking task") as people have it on disk:
//
//   Kaggle's form      Images/; captions.txt: CSV with the header image,caption
//   the official form  Flickr8k.token.txt: name.jpg#0<tab>caption; Flickr_8k.{train,dev,test}Images.txt: a name a line;
//                      both in the folder or in its Flickr8k_text/; images in Flicker8k_Dataset/ or Flickr8k_Dataset/
//
// The official lists decide the split wherever they are; without them a hash of the image's name does.

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/data/caption_table.hpp>
#include <pupil/data/captioned_images.hpp>
#include <pupil/data/data_form.hpp>
#include <pupil/data/flickr8k_files.hpp>
#include <pupil/data/flickr8k_folder.hpp>
#include <pupil/data/folders.hpp>
#include <pupil/data/hashed_split.hpp>
#include <pupil/data/image_folders.hpp>
#include <pupil/data/image_lookup.hpp>
#include <pupil/data/layout_hints.hpp>
#include <pupil/data/missing_images.hpp>

namespace pupil::captioning {

namespace detail {

/// Reads those of the official lists that the folder has; nothing where it has none.
inline std::optional<SplitByImage> read_split_lists(const std::filesystem::path& folder) {
  std::optional<SplitByImage> splits;
  for (const Split split : all_splits) {
    const auto file = official_file(folder, message("Flickr_8k.", split_name(split), "Images.txt"));
    if (!file) continue;
    if (!splits) splits.emplace();
    read_split_list(*file, split, *splits);
  }
  return splits;
}

inline CaptionsByImage read_captions(const std::filesystem::path& folder, CaptionedImages& data) {
  if (const auto kaggle = first_present(folder, std::array{"captions.txt"})) {
    return read_kaggle_captions(*kaggle, &data.remarks, &data.wordless_captions);
  }
  const auto official = official_file(folder, "Flickr8k.token.txt");
  if (!official) {
    throw FileError(message(folder.string(), ": neither Kaggle's form of Flickr8k (captions.txt) nor the official one ",
                            "(Flickr8k.token.txt)", folder_hint(folder)));
  }
  return read_official_captions(*official, &data.remarks, &data.wordless_captions);
}

/// The captions by the files of their images, where these are there; others keep their name.
inline CaptionsByImage by_file(CaptionsByImage captions, const ImageLookup& files) {
  CaptionsByImage found;
  for (auto& [written, texts] : captions) {
    auto& of_image = found[files.find(written).value_or(written)];
    of_image.insert(of_image.end(), std::make_move_iterator(texts.begin()), std::make_move_iterator(texts.end()));
  }
  return found;
}

/// Which split every image belongs to: what the lists say where there are any, a hash of its name otherwise.
class Splitter {
 public:
  /// Images are known by their files.
  Splitter(const std::filesystem::path& folder, const ImageLookup& files, std::uint64_t seed) : seed_(seed) {
    const auto written = read_split_lists(folder);
    if (!written) return;
    lists_.emplace();
    for (const auto& [name, split] : *written) {
      const auto [entry, is_new] = lists_->emplace(files.find(name).value_or(name), split);
      if (is_new || entry->second == split) continue;
      throw FileError(message(folder.string(), ": ", visible(name), " is in the ", split_name(split),
                              " list, and in the ", split_name(entry->second), " list under another name"));
    }
  }

  bool has_lists() const { return lists_.has_value(); }

  /// Nothing for an image that is not in the lists.
  std::optional<Split> split_of(const std::string& image) const {
    if (!lists_) return hashed_split(image, seed_);
    const auto found = lists_->find(image);
    if (found == lists_->end()) return std::nullopt;
    return found->second;
  }

  /// Counts the images that the lists name in vain.
  void count_missing(const CaptionsByImage& captions, const ImageLookup& files, CaptionedImages& data) const {
    if (!lists_) return;
    for (const auto& entry : *lists_) {
      const std::string& image = entry.first;
      if (!files.contains(image)) {
        data.listed_but_absent.add(image);
      } else if (!captions.contains(image)) {
        data.listed_but_uncaptioned.add(image);
      }
    }
  }

 private:
  std::optional<SplitByImage> lists_;
  std::uint64_t seed_;
};

inline CaptionedImages read_flickr8k_folder(const std::filesystem::path& folder, std::uint64_t seed,
                                            const std::string& image_folder = "") {
  require<FileError>(
      std::filesystem::is_directory(folder), folder.string(),
      std::filesystem::exists(folder) ? ": is a file; the folder that it lies in is wanted" : ": no such folder");
  CaptionedImages data;
  data.folder = folder;
  data.form = "flickr8k";
  CaptionsByImage captions = read_captions(folder, data);
  require<FileError>(!captions.empty(), folder.string(), ": no image has a caption with a word",
                     data.remarks.empty() ? "" : "; " + data.remarks.back());
  data.image_folder = image_folder.empty() ? find_image_folder(folder) : named_image_folder(folder, image_folder);
  const ImageLookup files(data.image_folder);
  captions = by_file(std::move(captions), files);
  const Splitter splitter(folder, files, seed);
  data.has_own_splits = splitter.has_lists();
  splitter.count_missing(captions, files, data);

  bool any_left = false;
  for (auto& [image, texts] : captions) {
    const std::optional<Split> split = splitter.split_of(image);
    if (!split) {
      (files.contains(image) ? data.captioned_but_unlisted : data.captioned_but_absent).add(image);
    } else if (files.contains(image)) {
      data[*split].push_back({image, std::move(texts)});
      any_left = true;
    } else if (!splitter.has_lists()) {  // otherwise it was counted as listed but absent
      data.captioned_but_absent.add(image);
    }
  }
  if (!any_left) {
    const auto missing =
        std::ranges::find_if(captions, [&](const auto& entry) { return !files.contains(entry.first); });
    throw FileError(message(folder.string(), ": no caption is left: of ", captions.size(),
                            " captioned images none is there and in a split",
                            missing == captions.end() ? "" : why_none_is_left(missing->first, files)));
  }
  remark_on_missing(data.listed_but_absent, files, data.remarks);
  remark_on_missing(data.captioned_but_absent, files, data.remarks);
  return data;
}

}  // namespace detail

/// Reads a folder in either form; both give the same samples. `seed` decides the split where there are no lists. Images
/// may be named as paths, and in Unicode's other form (data/image_lookup.hpp). Images that are absent, uncaptioned or
/// unlisted are skipped and counted in the result. Throws FileError for a folder of neither form, a broken row, and
/// where no captioned image is left.
inline CaptionedImages read_flickr8k(const std::filesystem::path& folder, std::uint64_t seed = 0) {
  return with_file_errors([&] { return detail::read_flickr8k_folder(folder, seed); });
}

namespace detail {

/// captions.txt belongs to this form unless its columns have other names (data/caption_table.hpp).
inline std::vector<std::filesystem::path> flickr8k_files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  const auto kaggle = first_present(folder, std::array{"captions.txt"});
  if (kaggle && !is_table_of_other_columns(*kaggle)) files.push_back(*kaggle);
  if (const auto official = official_file(folder, "Flickr8k.token.txt")) files.push_back(*official);
  return files;
}

inline CaptionedImages read_as_flickr8k(const std::filesystem::path& folder, const FormOptions& options,
                                        std::uint64_t seed) {
  refuse_columns(options, "flickr8k");
  require<OptionError>(options.captions_file.empty(), "the file of captions ", visible(options.captions_file),
                       " is named, but those of the form flickr8k have names of their own");
  return read_flickr8k_folder(folder, seed, options.image_folder);
}

}  // namespace detail

/// Flickr8k as a form of data.
inline constexpr DataForm flickr8k_form{.name = "flickr8k",
                                        .wanted = "captions.txt or Flickr8k.token.txt",
                                        .files_in = &detail::flickr8k_files_in,
                                        .read = &detail::read_as_flickr8k};

}  // namespace pupil::captioning
