#pragma once
// Flickr8k (Hodosh, Young, Hockenmaier 2013: "Framing image description as a ranking task") as people have it on disk:
//
//   Kaggle's form      Images/; captions.txt: CSV with the header image,caption
//   the official form  Flickr8k.token.txt: name.jpg#0<tab>caption; Flickr_8k.{train,dev,test}Images.txt: a name a line;
//                      both in the folder or in its Flickr8k_text/; images in Flicker8k_Dataset/ or Flickr8k_Dataset/
//
// The official lists decide the split wherever they are; without them a hash of the image's name does.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/data/captioned_images.hpp>
#include <pupil/data/flickr8k_files.hpp>
#include <pupil/data/folders.hpp>
#include <pupil/data/hash.hpp>

namespace pupil {

/// The split of an image that no list names: train, dev and test get 80, 10 and 10 % of all names. It depends on the
/// name and the seed alone, so it stays when images come or go.
inline Split hashed_split(std::string_view image, std::uint64_t seed) {
  const double u = Rng(seed, hash_bytes(image)).uniform<double>();
  return u < 0.8 ? Split::train : u < 0.9 ? Split::dev : Split::test;
}

namespace detail {

/// The first of the names that the folder has, if any.
template <class Names>
std::optional<std::filesystem::path> first_present(const std::filesystem::path& folder, const Names& names) {
  for (const std::string_view name : names) {
    if (std::filesystem::exists(folder / name)) return folder / name;
  }
  return std::nullopt;
}

/// A file of the official form, which may lie in the folder or in its Flickr8k_text/.
inline std::optional<std::filesystem::path> official_file(const std::filesystem::path& folder,
                                                          const std::string& name) {
  return first_present(folder, std::array{name, "Flickr8k_text/" + name});
}

inline std::unordered_set<std::string> file_names(const std::filesystem::path& folder) {
  std::unordered_set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) names.insert(entry.path().filename().string());
  }
  return names;
}

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

inline CaptionsByImage read_captions(const std::filesystem::path& folder) {
  if (const auto kaggle = first_present(folder, std::array{"captions.txt"})) return read_kaggle_captions(*kaggle);
  const auto official = official_file(folder, "Flickr8k.token.txt");
  require<FileError>(official.has_value(), folder.string(),
                     ": neither Kaggle's form of Flickr8k (captions.txt) nor the official one (Flickr8k.token.txt)");
  return read_official_captions(*official);
}

inline std::filesystem::path find_image_folder(const std::filesystem::path& folder) {
  const auto found = first_present(folder, std::array{"Images", "Flicker8k_Dataset", "Flickr8k_Dataset"});
  require<FileError>(found && std::filesystem::is_directory(*found), folder.string(),
                     ": no folder of images: neither Images nor Flicker8k_Dataset nor Flickr8k_Dataset");
  return *found;
}

/// Which split every image belongs to: what the lists say where there are any, a hash of its name otherwise.
class Splitter {
 public:
  Splitter(const std::filesystem::path& folder, std::uint64_t seed) : lists_(read_split_lists(folder)), seed_(seed) {}

  bool has_lists() const { return lists_.has_value(); }

  /// Nothing for an image that is not in the lists.
  std::optional<Split> split_of(const std::string& image) const {
    if (!lists_) return hashed_split(image, seed_);
    const auto found = lists_->find(image);
    if (found == lists_->end()) return std::nullopt;
    return found->second;
  }

  /// Counts the images that the lists name in vain.
  void count_missing(const CaptionsByImage& captions, const std::unordered_set<std::string>& files,
                     CaptionedImages& data) const {
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

inline CaptionedImages read_flickr8k_folder(const std::filesystem::path& folder, std::uint64_t seed) {
  require<FileError>(std::filesystem::is_directory(folder), folder.string(), ": no such folder");
  CaptionedImages data;
  data.folder = folder;
  CaptionsByImage captions = read_captions(folder);
  data.image_folder = find_image_folder(folder);
  const std::unordered_set<std::string> files = file_names(data.image_folder);
  const Splitter splitter(folder, seed);
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
  require<FileError>(any_left, folder.string(), ": no caption is left: of ", captions.size(),
                     " captioned images none is there and in a split");
  return data;
}

}  // namespace detail

/// Reads a folder in either form; both give the same samples. `seed` decides the split where there are no lists.
/// Images that are absent, uncaptioned or unlisted are skipped and counted in the result. Throws FileError for a folder
/// of neither form, a broken row, and where no captioned image is left.
inline CaptionedImages read_flickr8k(const std::filesystem::path& folder, std::uint64_t seed = 0) {
  return with_file_errors([&] { return detail::read_flickr8k_folder(folder, seed); });
}

}  // namespace pupil
