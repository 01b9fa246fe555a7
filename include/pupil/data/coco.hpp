#pragma once
// COCO's captions (Chen et al. 2015: "Microsoft COCO captions: data collection and evaluation server"):
//
//   annotations/captions_train2017.json, captions_val2017.json, beside the images in train2017/ and val2017/
//   {"images": [{"id": 9, "file_name": "000000000009.jpg"}, ...],
//    "annotations": [{"image_id": 9, "caption": "A plate of food."}, ...]}
//
// The files may lie in the folder itself, and there may be one alone. Their names say the split: val is dev, and what
// there is no file of is empty. A file that is alone and is not called val or test is cut into splits by a hash of the
// images' names, for a training needs a dev split.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/caption_json.hpp>
#include <pupil/data/data_form.hpp>
#include <pupil/data/image_folders.hpp>
#include <pupil/data/image_list.hpp>
#include <pupil/data/split_names.hpp>
#include <pupil/io/json_reader.hpp>
#include <pupil/io/text_file.hpp>

namespace pupil::captioning {

namespace detail {

/// "train2017" of captions_train2017.json, which is what its folder of images is called; empty for other names.
inline std::string coco_subset(const std::filesystem::path& file) {
  constexpr std::string_view prefix = "captions_";
  const std::string stem = file.stem().string();
  return ascii_lower(stem).starts_with(prefix) ? stem.substr(prefix.size()) : "";
}

inline std::optional<Split> coco_split(const std::filesystem::path& file) {
  const std::string subset = coco_subset(file);
  return split_meant_by(std::string_view(subset).substr(0, subset.find_first_of("0123456789_-")));
}

/// Ids are numbers in COCO, and strings in some files that are made like it.
inline std::string read_coco_id(JsonReader& reader) {
  return reader.at_string() ? reader.string() : std::to_string(reader.whole_number());
}

/// One file. Annotations may stand before the images that they are of.
class CocoReader {
 public:
  CocoReader(const TextFile& file, std::string subset, std::optional<Split> split, ImageList& list)
      : file_(file),
        reader_(file.text(), file.name(), "the file"),
        subset_(std::move(subset)),
        split_(split),
        list_(list) {}

  void read() {
    bool has_images = false, has_annotations = false;
    reader_.object([&](const std::string& key) {
      if (key == "images") {
        has_images = true;
        reader_.array([&] { read_image(); });
      } else if (key == "annotations") {
        has_annotations = true;
        reader_.array([&] { read_annotation(); });
      } else {
        reader_.skip_value();
      }
    });
    reader_.end();
    require<FileError>(has_images && has_annotations, file_.name(), ": has no \"",
                       has_images ? "annotations" : "images", "\", as COCO's captions have");
    for (std::size_t i = 0; i < annotations_.size(); ++i) add(std::move(annotations_[i]), i + 1);
    if (strays_.count > 0) {
      list_.remark(message(file_.name(), ": skipped ", strays_.count, strays_.count == 1 ? " caption" : " captions",
                           " of images that it does not list (image_id ", strays_.names(), ")"));
    }
  }

 private:
  struct Annotation {
    std::string image;
    std::string caption;
  };

  void read_image() {
    const std::string place = "image " + std::to_string(++image_count_);
    std::string id, name;
    reader_.object([&](const std::string& key) {
      if (key == "id") {
        id = read_coco_id(reader_);
      } else if (key == "file_name") {
        name = reader_.string();
      } else {
        reader_.skip_value();
      }
    });
    require<FileError>(!id.empty(), file_.name(), ": ", place, ": has no id");
    ListedImage& image = list_.image(name, place, subset_);
    if (split_) list_.put_in(image, *split_, place);
    const auto index = static_cast<std::size_t>(&image - list_.images().data());
    const auto [entry, is_new] = images_.try_emplace(std::move(id), index);
    require<FileError>(is_new, file_.name(), ": ", place, ": the id ", visible(entry->first), " stands twice");
  }

  void read_annotation() {
    Annotation annotation;
    bool has_caption = false;
    reader_.object([&](const std::string& key) {
      if (key == "image_id") {
        annotation.image = read_coco_id(reader_);
      } else if (key == "caption") {
        has_caption = true;
        annotation.caption = reader_.string();
      } else {
        reader_.skip_value();
      }
    });
    const std::size_t number = annotations_.size() + 1;
    require<FileError>(!annotation.image.empty(), file_.name(), ": annotation ", number, ": has no image_id");
    require<FileError>(has_caption, file_.name(), ": annotation ", number,
                       ": has no caption; this seems to be COCO's file of something else");
    annotations_.push_back(std::move(annotation));
  }

  void add(Annotation annotation, std::size_t number) {
    const auto found = images_.find(annotation.image);
    if (found == images_.end()) return strays_.add(annotation.image);
    list_.add_caption(list_.images()[found->second], std::move(annotation.caption),
                      "annotation " + std::to_string(number));
  }

  const TextFile& file_;
  JsonReader reader_;
  std::string subset_;
  std::optional<Split> split_;
  ImageList& list_;
  std::size_t image_count_ = 0;
  std::unordered_map<std::string, std::size_t> images_;  // by id, their places in the list
  std::vector<Annotation> annotations_;
  LeftOut strays_;
};

/// Those that are called captions_*.json; where there are none, those that hold what such files hold. COCO's files of
/// other annotations lie beside them.
inline std::vector<std::filesystem::path> coco_files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> called_so, like_it;
  for (const auto& place : {folder / "annotations", folder}) {
    for (const auto& file : json_files_in(place)) {
      const CaptionJson kind = kind_of_caption_json(file);
      if (!coco_subset(file).empty() && kind != CaptionJson::karpathy) called_so.push_back(file);
      if (kind == CaptionJson::coco) like_it.push_back(file);
    }
  }
  return called_so.empty() ? like_it : called_so;
}

CaptionedImages read_as_coco(const std::filesystem::path& folder, const FormOptions& options, std::uint64_t seed);

}  // namespace detail

/// COCO as a form of data.
inline constexpr DataForm coco_form{.name = "coco",
                                    .wanted = "captions_*.json, there or in annotations/",
                                    .files_in = &detail::coco_files_in,
                                    .read = &detail::read_as_coco};

inline CaptionedImages detail::read_as_coco(const std::filesystem::path& folder, const FormOptions& options,
                                            std::uint64_t seed) {
  refuse_columns(options, coco_form.name);
  std::vector<std::filesystem::path> files = coco_files_in(folder);
  const bool are_splits =
      files.size() > 1 && std::ranges::all_of(files, [](const auto& file) { return coco_split(file).has_value(); });
  if (!options.captions_file.empty() || !are_splits) files = {chosen_captions_file(folder, options, files, coco_form)};
  ImageList list(files.front());
  for (const auto& file : files) {
    std::optional<Split> split = coco_split(file);
    if (files.size() == 1 && split == Split::train) split.reset();  // dev and test are cut off it
    list.read_from(file);
    CocoReader(TextFile(file), coco_subset(file), split, list).read();
  }
  return find_listed_images(std::move(list), folder, image_folder_in(folder, options.image_folder), coco_form.name,
                            seed);
}

}  // namespace pupil::captioning
