#pragma once
// What a folder or a text that is not in a form of Flickr8k seems to be instead, for messages: a user who is told what
// was seen knows what to change.

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include <pupil/core/utf8.hpp>
#include <pupil/io/text_file.hpp>

namespace pupil::detail {

inline std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

/// What is within reach of a message: the start of a line.
inline std::string shown_line(std::string_view line) {
  constexpr std::size_t most = 80;
  if (line.size() <= most) return visible(line);
  std::size_t end = most;
  while (end > most - 4 && (static_cast<unsigned char>(line[end]) & 0xC0u) == 0x80u) --end;
  return visible(line.substr(0, end)) + "...";
}

/// What a text is that is no list of captions or names at all, by its first line; empty where it may be one.
inline std::string_view foreign_text(std::string_view first_line) {
  const std::size_t start = first_line.find_first_not_of(" \t");
  const std::string_view line = start == first_line.npos ? std::string_view() : first_line.substr(start);
  const std::string lower = ascii_lower(line.substr(0, 64));
  if (lower.starts_with("version https://git-lfs")) return "a Git LFS pointer; git lfs pull fetches the file itself";
  if (lower.starts_with("<!doctype") || lower.starts_with("<html")) return "a web page, not the file that was meant";
  if (lower.starts_with("<?xml")) return "XML";
  if (line.starts_with('{') || line.starts_with('[')) return "JSON";
  return {};
}

/// What the first line of captions.txt says where it is not the header.
inline std::string_view header_hint(std::string_view line) {
  if (const std::string_view foreign = foreign_text(line); !foreign.empty()) return foreign;
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
  constexpr std::size_t most = 4;
  std::string names;
  std::size_t count = 0;
  const std::set<std::string>& shown = known.empty() ? all : known;
  for (const std::string& name : shown) {
    if (++count > most) break;
    names += (names.empty() ? "" : ", ") + name;
  }
  return shown.empty() ? "; it is empty" : "; it holds " + names + (shown.size() > most ? ", ..." : "");
}

}  // namespace pupil::detail
