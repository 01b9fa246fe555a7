#pragma once
// Karpathy's JSON (Karpathy, Fei-Fei 2015: "Deep visual-semantic alignments for generating image descriptions"), in
// which Flickr8k, Flickr30k and COCO have the splits that papers report on:
//
//   {"images": [{"filename": "a.jpg", "filepath": "val2014", "split": "restval",
//                "sentences": [{"raw": "A dog .", "tokens": ["a", "dog"]}, ...]}, ...]}
//
// restval is train, val is dev.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
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

/// What the JSON says of an image, in whatever order.
struct KarpathyImage {
  std::string filename;
  std::string filepath;
  std::string split;
  std::vector<std::string> captions;
};

inline std::string string_or_null(JsonReader& reader) { return reader.null() ? std::string() : reader.string(); }

/// The caption as it was written, or its words where only they are there.
inline std::string read_karpathy_sentence(JsonReader& reader) {
  std::string raw;
  std::vector<std::string> words;
  reader.object([&](const std::string& key) {
    if (key == "raw") {
      raw = reader.string();
    } else if (key == "tokens") {
      reader.array([&] { words.push_back(reader.string()); });
    } else {
      reader.skip_value();
    }
  });
  return raw.empty() ? joined(words, " ") : raw;
}

inline KarpathyImage read_karpathy_image(JsonReader& reader) {
  KarpathyImage image;
  reader.object([&](const std::string& key) {
    if (key == "filename") {
      image.filename = reader.string();
    } else if (key == "filepath") {
      image.filepath = string_or_null(reader);
    } else if (key == "split") {
      image.split = string_or_null(reader);
    } else if (key == "sentences") {
      reader.array([&] { image.captions.push_back(read_karpathy_sentence(reader)); });
    } else {
      reader.skip_value();
    }
  });
  return image;
}

inline void add_karpathy_image(KarpathyImage image, std::size_t number, ImageList& list) {
  const std::string place = "image " + std::to_string(number);
  ListedImage& listed = list.image(image.filename, place, image.filepath);
  if (!image.split.empty()) list.put_in(listed, required_split(image.split, list.file(), place), place);
  for (std::string& caption : image.captions) list.add_caption(listed, std::move(caption), place);
}

inline void read_karpathy_json(const TextFile& file, ImageList& list) {
  JsonReader reader(file.text(), file.name(), "the file");
  std::size_t count = 0;
  bool has_images = false;
  reader.object([&](const std::string& key) {
    if (key != "images") return reader.skip_value();
    has_images = true;
    reader.array([&] { add_karpathy_image(read_karpathy_image(reader), ++count, list); });
  });
  reader.end();
  require<FileError>(has_images, file.name(), ": has no \"images\", as Karpathy's JSON has");
}

/// Those of that name, and those that hold what such files hold.
inline std::vector<std::filesystem::path> karpathy_files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : json_files_in(folder)) {
    const CaptionJson kind = kind_of_caption_json(file);
    const bool is_called_so = ascii_lower(file.filename().string()).starts_with("dataset");
    if (kind == CaptionJson::karpathy || (is_called_so && kind == CaptionJson::other)) files.push_back(file);
  }
  return files;
}

CaptionedImages read_as_karpathy(const std::filesystem::path& folder, const FormOptions& options, std::uint64_t seed);

}  // namespace detail

/// The JSON files of Karpathy's splits as a form of data.
inline constexpr DataForm karpathy_form{.name = "karpathy",
                                        .wanted = "dataset_*.json",
                                        .files_in = &detail::karpathy_files_in,
                                        .read = &detail::read_as_karpathy};

inline CaptionedImages detail::read_as_karpathy(const std::filesystem::path& folder, const FormOptions& options,
                                                std::uint64_t seed) {
  refuse_columns(options, karpathy_form.name);
  const auto path = chosen_captions_file(folder, options, karpathy_files_in(folder), karpathy_form);
  ImageList list(path);
  read_karpathy_json(TextFile(path), list);
  return find_listed_images(std::move(list), folder, image_folder_in(folder, options.image_folder), karpathy_form.name,
                            seed);
}

}  // namespace pupil::captioning
