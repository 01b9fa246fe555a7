#pragma once
// What a folder or a text that is not in a form of Flickr8k seems to be instead, for messages: a user who is told what
// was seen knows what to change.

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/io/foreign_files.hpp>

namespace pupil::captioning::detail {

/// What a text is that is no list of captions or names at all, by its beginning; empty where it may be one.
inline std::string foreign_text(std::string_view text) {
  const ForeignFile file = kind_of_text(text);
  return message(file.kind, file.family == FileFamily::web_page ? ", not the file that was meant" : "");
}

/// What the first line of captions.txt says where it is not the header.
inline std::string header_hint(std::string_view line) {
  if (std::string foreign = foreign_text(line); !foreign.empty()) return foreign;
  const auto has = [&](std::string_view part) { return line.find(part) != line.npos; };
  const std::size_t hash = line.find('#');
  if (hash != line.npos && line.find('\t', hash) != line.npos) {
    return "lines of the official form, whose file is called Flickr8k.token.txt";
  }
  if (!has(",") && has(";")) return "fields divided by semicolons, where commas are expected";
  if (!has(",") && has("\t")) return "fields divided by tabs, where commas are expected";
  if (!has(",") && has("|")) return "fields divided by bars, as in Flickr30k's results.csv, where commas are expected";
  const std::string lower = ascii_lower(line);
  for (const std::string_view ending : {".jpg", ".jpeg", ".png"}) {
    if (lower.find(ending) != lower.npos) return "a row without a header above it";
  }
  return {};
}

/// What kind of data set a file of this name belongs to; empty where nobody knows.
inline std::string_view kind_of_file(std::string_view name) {
  const std::string lower = ascii_lower(name);
  const auto has = [&](std::string_view part) { return lower.find(part) != lower.npos; };
  if (lower.starts_with("dataset") && lower.ends_with(".json")) return "Karpathy's JSON";
  if (lower.starts_with("captions_") && lower.ends_with(".json")) return "COCO's JSON";
  if (lower == "metadata.csv" || lower.starts_with("metadata.json") || lower == "metadata.parquet") {
    return "Hugging Face's image folder";
  }
  if (lower.ends_with(".parquet")) return "a table of Parquet";
  if (lower == "results.csv" || lower.starts_with("results_") || lower.ends_with(".token")) return "Flickr30k's form";
  if (has("flickr8kzh")) return "Flickr8k-CN's form";
  if (lower == "captions.csv" || lower == "captions.tsv" || lower == "caption.txt") {
    return "perhaps captions.txt under another name";
  }
  if (lower == "captions.txt" || lower == "flickr8k.token.txt") return "a data set of its own; name that folder";
  return {};
}

/// What a folder holds that has no captions in a form that is read: its files and those one folder below whose kind is
/// known, or else the first few names. "; it holds dataset.json (Karpathy's JSON)".
inline std::string folder_hint(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::set<std::string> known, all;
  const auto look = [&](const fs::path& name) {
    const std::string_view kind = kind_of_file(name.filename().string());
    if (!kind.empty()) known.insert(visible(name.generic_string()) + " (" + std::string(kind) + ")");
  };
  bool has_text_beside_image = false;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path name = entry.path().filename();
    all.insert(visible(name.string()) + (entry.is_directory() ? "/" : ""));
    look(name);
    fs::path text = entry.path();
    has_text_beside_image = has_text_beside_image || (ascii_lower(name.extension().string()) == ".jpg" &&
                                                      fs::exists(text.replace_extension(".txt")));
    std::error_code unreadable;
    if (!entry.is_directory()) continue;
    std::size_t looked_at = 0;
    for (const auto& below : fs::directory_iterator(entry.path(), unreadable)) {
      if (++looked_at > 1000) break;  // a folder of images
      look(name / below.path().filename());
    }
  }
  if (has_text_beside_image) known.insert("a text file beside each image");
  constexpr std::ptrdiff_t most = 4;
  const std::set<std::string>& shown = known.empty() ? all : known;
  if (shown.empty()) return "; it is empty";
  const std::vector<std::string> first(shown.begin(), std::next(shown.begin(), std::min(most, std::ssize(shown))));
  return message("; it holds ", joined(first), std::ssize(shown) > most ? ", ..." : "");
}

}  // namespace pupil::captioning::detail
