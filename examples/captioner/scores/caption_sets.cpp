#include "caption_sets.hpp"

#include <filesystem>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/flickr8k_files.hpp>
#include <pupil/io/text_file.hpp>

#include "coco_json.hpp"

namespace captioner {

namespace {

/// The part behind the last slash, of either kind.
std::string_view behind_folders(std::string_view path) { return path.substr(path.find_last_of("/\\") + 1); }

/// A folder that is named in place of a file of captions says which file is wanted.
pupil::captioning::TextFile open_captions(const std::string& path, const char* wanted) {
  pupil::require<pupil::FileError>(!std::filesystem::is_directory(path), path, ": is a folder; ", wanted, " is wanted");
  return pupil::captioning::TextFile(path);
}

}  // namespace

std::vector<Candidate> read_candidates(const std::string& path, std::vector<std::string>& remarks) {
  const pupil::captioning::TextFile file = open_captions(path, "a file of candidates");
  std::vector<Candidate> candidates;
  if (begins_as_json(file.text())) {
    candidates = read_coco_results(file);
  } else {
    for (pupil::captioning::CaptionRow& row : pupil::captioning::read_caption_rows(file, &remarks)) {
      candidates.push_back({std::move(row.image), std::move(row.caption), pupil::message("line ", row.line)});
    }
  }
  pupil::require<pupil::FileError>(!candidates.empty(), path, ": there is no candidate");
  return candidates;
}

References read_references(const std::string& path, std::vector<std::string>& remarks) {
  const pupil::captioning::TextFile file = open_captions(path, "a file of captions, such as its captions.txt,");
  References references;
  if (begins_as_json(file.text())) {
    references = read_coco_annotations(file, remarks);
  } else {
    auto captions = pupil::captioning::begins_with_official_caption(file.text())
                        ? pupil::captioning::read_official_captions(file, &remarks)
                        : pupil::captioning::read_kaggle_captions(file, &remarks);
    for (auto& [image, texts] : captions) references.add({image, std::move(texts)}, std::nullopt, path);
  }
  pupil::require<pupil::FileError>(!references.images().empty(), path, ": no image has a caption with a word");
  return references;
}

void References::add(CaptionedName image, const std::optional<std::string>& id, const std::string& path) {
  const auto remember = [&](auto& places, const std::string& key) {
    const bool is_new = places.try_emplace(key, images_.size()).second;
    pupil::require<pupil::FileError>(is_new, path, ": two images are called ", pupil::visible(key));
  };
  remember(by_name_, image.name);
  if (id) remember(by_id_, *id);
  images_.push_back(std::move(image));
}

std::optional<std::size_t> References::find(std::string_view written) const {
  const std::string name(written);
  if (const auto found = by_id_.find(name); found != by_id_.end()) return found->second;
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  const auto found = by_name_.find(std::string(behind_folders(written)));
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

}  // namespace captioner
