#include "done_list.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <pupil/core/errors.hpp>
#include <pupil/core/hash.hpp>

#include "../common/json_line.hpp"
#include "whole_write.hpp"

namespace captioner {

namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;

constexpr const char* list_kind = "captions that are done";

/// What an image is found by: the same from every folder that the command is called in.
std::uint64_t identity_of(const std::string& path) {
  return pupil::hash_bytes(fs::absolute(path).lexically_normal().string());
}

std::string_view text_of(const pupil::MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

std::string_view line_at(std::string_view text, std::size_t offset) {
  const std::string_view rest = text.substr(offset);
  return rest.substr(0, rest.find('\n'));
}

/// Nothing where the line is damaged.
OrderedJson parse(std::string_view line) { return OrderedJson::parse(line, nullptr, false); }

std::string header_line(const std::string& format) {
  return json_line({{"captioner", list_kind}, {"version", 1}, {"format", format}}) + "\n";
}

std::string line_of(const DoneEntry& entry) {
  OrderedJson captions = OrderedJson::array();
  for (const SaidCaption& caption : entry.result.captions) {
    captions.push_back({caption.text, caption.sentence, caption.log_probability});
  }
  OrderedJson line{{"id", pupil::hash_digits(identity_of(entry.result.path))},
                   {"image", entry.result.path},
                   {"size", entry.state.size},
                   {"modified", entry.state.modified},
                   {"settings", entry.settings},
                   {"captions", std::move(captions)}};
  if (entry.result.confidence) line["confidence"] = *entry.result.confidence;
  return json_line(line) + "\n";
}

/// The image that a line is about, which all lines have at the same place: {"id":"0123456789abcdef",...
std::optional<std::uint64_t> image_of(std::string_view line) {
  constexpr std::string_view start = R"({"id":")";
  constexpr std::size_t digits = 16;
  if (!line.starts_with(start) || line.size() < start.size() + digits) return std::nullopt;
  std::uint64_t image = 0;
  for (const char c : line.substr(start.size(), digits)) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    image = image << 4U | digit;
  }
  return image;
}

DoneEntry entry_of(const OrderedJson& line, const std::string& path) {
  DoneEntry entry{{line.at("size").get<std::uint64_t>(), line.at("modified").get<std::int64_t>()},
                  line.at("settings").get<std::string>(),
                  {path, {}, {}}};
  for (const OrderedJson& caption : line.at("captions")) {
    entry.result.captions.push_back(
        {caption.at(0).get<std::string>(), caption.at(1).get<std::string>(), caption.at(2).get<double>()});
  }
  if (line.contains("confidence")) entry.result.confidence = line["confidence"].get<double>();
  entry.result.caption = entry.result.captions.at(0).text;
  return entry;
}

}  // namespace

DoneList::DoneList(const fs::path& file, const std::string& format) : path_(file.string() + ".done"), format_(format) {
  const bool is_there = fs::exists(path_);
  pupil::require<pupil::FileError>(is_there || !fs::exists(file) || fs::is_empty(file), file.string(),
                                   ": is there already, and no ", path_.filename().string(),
                                   " beside it says that captioner wrote it; remove it, or name another by --out");
  if (is_there) read();
}

void DoneList::read() {
  earlier_.emplace(path_);
  const std::string_view text = text_of(*earlier_);
  const std::size_t last_end = text.rfind('\n');
  whole_ = last_end == text.npos ? 0 : last_end + 1;
  if (whole_ == 0) {
    pupil::require<pupil::FileError>(header_line(format_).starts_with(text), path_.string(),
                                     ": is no list of captions that are done");
    return;
  }
  const OrderedJson header = parse(line_at(text, 0));
  const bool is_ours = header.is_object() && header.value("captioner", OrderedJson()) == list_kind &&
                       header.value("version", OrderedJson()) == 1 && header.value("format", OrderedJson()).is_string();
  pupil::require<pupil::FileError>(is_ours, path_.string(), ": is no list of captions that are done");
  const std::string format = header["format"].get<std::string>();
  pupil::require<pupil::OptionError>(format == format_, "--out: ", path_.string(), " says that ",
                                     fs::path(path_).replace_extension().string(), " is of the format ", format,
                                     ", not ", format_, "; name another file, or that --format");
  for (std::size_t offset = text.find('\n') + 1; offset < whole_; offset = text.find('\n', offset) + 1) {
    if (const auto image = image_of(text.substr(offset, 32))) places_.push_back({*image, offset});
  }
  // Of lines about the same image, the last one comes first.
  std::ranges::sort(places_, [](const Place& a, const Place& b) {
    return a.image != b.image ? a.image < b.image : a.offset > b.offset;
  });
  places_.erase(
      std::unique(places_.begin(), places_.end(), [](const Place& a, const Place& b) { return a.image == b.image; }),
      places_.end());
  places_.shrink_to_fit();
  earlier_->release_pages();
}

std::optional<DoneEntry> DoneList::find(const std::string& path) const {
  const std::uint64_t image = identity_of(path);
  const auto place = std::ranges::lower_bound(places_, image, {}, &Place::image);
  if (place == places_.end() || place->image != image) return std::nullopt;
  try {
    return entry_of(parse(line_at(text_of(*earlier_), place->offset)), path);
  } catch (const OrderedJson::exception&) {
    return std::nullopt;  // a damaged line is as none
  }
}

void DoneList::open() {
  file_ = pupil::FileDescriptor::open(path_, O_RDWR | O_CREAT, 0666);
  if (!file_.valid()) pupil::throw_file_error(path_, "write", errno);
  if (::ftruncate(file_.get(), static_cast<off_t>(whole_)) != 0) pupil::throw_file_error(path_, "write", errno);
  if (whole_ == 0) {
    write_whole(file_, path_, header_line(format_), 0);
    whole_ = header_line(format_).size();
  }
}

void DoneList::add(const std::vector<DoneEntry>& entries) {
  std::string lines;
  for (const DoneEntry& entry : entries) lines += line_of(entry);
  write_whole(file_, path_, lines, whole_);
  whole_ += lines.size();
}

}  // namespace captioner
