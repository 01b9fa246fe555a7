#include "coco_json.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/text/tokenizer.hpp>

namespace captioner {

namespace {

using Json = nlohmann::json;

/// Throws FileError, beginning with the file's name.
template <class... Parts>
[[noreturn]] void refuse(const pupil::captioning::TextFile& file, const Parts&... parts) {
  throw pupil::FileError(pupil::message(file.name(), ": ", parts...));
}

/// nlohmann's message without its number and its place: "syntax error while parsing value - invalid literal; last read:
/// 'N'".
std::string reason_of(const Json::exception& error) {
  std::string_view reason = error.what();
  const auto drop_until = [&](std::string_view mark) {
    const std::size_t place = reason.find(mark);
    if (place != reason.npos) reason.remove_prefix(place + mark.size());
  };
  drop_until("] ");  // "[json.exception.parse_error.101] parse error at line 1, column 5: "
  if (reason.starts_with("parse error at ")) drop_until(": ");
  constexpr std::size_t most = 200;
  return pupil::visible(reason.substr(0, most));
}

Json parse(const pupil::captioning::TextFile& file) {
  pupil::captioning::require_utf8(file.text(), file.name());
  try {
    return Json::parse(file.text());
  } catch (const Json::parse_error& error) {
    const std::size_t place = error.byte == 0 ? 0 : error.byte - 1;
    refuse(file, "line ", pupil::captioning::detail::line_of(file.text(), place), ": is not JSON: ", reason_of(error));
  } catch (const Json::exception& error) {
    refuse(file, "is not JSON: ", reason_of(error));
  }
}

/// A value within reach of a message.
std::string shown_value(const Json& value) {
  return pupil::shown_line(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// "an object with images, annotations": what a file holds that is of another form.
std::string form_of(const Json& value) {
  if (value.is_array()) return "an array";
  if (!value.is_object()) return shown_value(value);
  if (value.empty()) return "an object without members";
  constexpr std::size_t most = 4;
  std::vector<std::string> names;
  for (auto member = value.begin(); member != value.end() && names.size() < most; ++member) {
    names.push_back(pupil::shown_line(member.key()));
  }
  return "an object with " + pupil::joined(names) + (value.size() > most ? ", ..." : "");
}

/// Looks at the elements of an array, whose places are counted from 1 in messages: `entry 3: image_id is missing`.
class Entries {
 public:
  Entries(const pupil::captioning::TextFile& file, const Json& array, std::string name)
      : file_(file), array_(array), name_(std::move(name)) {}

  std::size_t size() const { return array_.size(); }

  std::string place(std::size_t i) const { return name_ + ' ' + std::to_string(i + 1); }

  /// The member of that name. Throws FileError where it is not there, or the entry is no object.
  const Json& member(std::size_t i, const char* name) const {
    const Json& entry = array_[i];
    if (!entry.is_object()) refuse(file_, place(i), " is ", shown_value(entry), ", not an object");
    const auto found = entry.find(name);
    if (found == entry.end()) refuse(file_, place(i), ": ", name, " is missing in ", shown_value(entry));
    return *found;
  }

  std::optional<std::string> optional_text(std::size_t i, const char* name) const {
    if (!array_[i].is_object() || !array_[i].contains(name) || array_[i][name].is_null()) return std::nullopt;
    return text(i, name);
  }

  std::string text(std::size_t i, const char* name) const {
    const Json& value = member(i, name);
    if (!value.is_string()) refuse(file_, place(i), ": ", name, " is ", shown_value(value), ", not text");
    return value.get<std::string>();
  }

  /// A whole number as its digits, or text: 139 and "139" are the same image.
  std::string id(std::size_t i, const char* name) const {
    const Json& value = member(i, name);
    if (value.is_number_integer()) return value.dump();
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
      refuse(file_, place(i), ": ", name, " is ", shown_value(value),
             ", neither a whole number nor the name of an image");
    }
    return value.get<std::string>();
  }

 private:
  const pupil::captioning::TextFile& file_;
  const Json& array_;
  std::string name_;
};

/// The captions of each image that has one with a word, by the image's place.
std::vector<std::vector<std::string>> captions_of_images(const pupil::captioning::TextFile& file, const Entries& images,
                                                         const Entries& annotations,
                                                         std::vector<std::string>& remarks) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto [entry, is_new] = places.try_emplace(images.id(i, "id"), i);
    if (!is_new)
      refuse(file, images.place(i), " and ", images.place(entry->second), " both have the id ", entry->first);
  }
  std::vector<std::vector<std::string>> captions(images.size());
  std::size_t wordless = 0;
  std::string first_wordless;
  for (std::size_t i = 0; i < annotations.size(); ++i) {
    const std::string id = annotations.id(i, "image_id");
    const auto image = places.find(id);
    if (image == places.end())
      refuse(file, annotations.place(i), ": image_id ", pupil::visible(id), " is none of the ids in images");
    std::string caption = annotations.text(i, "caption");
    if (!pupil::captioning::tokenize(caption).empty()) {
      captions[image->second].push_back(std::move(caption));
    } else if (wordless++ == 0) {
      first_wordless = annotations.place(i);
    }
  }
  if (wordless > 0) {
    remarks.push_back(pupil::message(file.name(), ": skipped ", wordless, wordless == 1 ? " caption" : " captions",
                                     " without a word (", first_wordless, wordless == 1 ? ")" : ", ...)"));
  }
  return captions;
}

}  // namespace

bool begins_as_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && (text[first] == '{' || text[first] == '[');
}

std::vector<Candidate> read_coco_results(const pupil::captioning::TextFile& file) {
  const Json array = parse(file);
  if (!array.is_array()) {
    refuse(file, "is ", form_of(array), "; candidates are COCO's results, an array of {\"image_id\", \"caption\"}");
  }
  const Entries entries(file, array, "entry");
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    candidates.push_back({entries.id(i, "image_id"), entries.text(i, "caption"), entries.place(i)});
  }
  return candidates;
}

References read_coco_annotations(const pupil::captioning::TextFile& file, std::vector<std::string>& remarks) {
  const Json object = parse(file);
  const auto has_array = [&](const char* name) { return object.contains(name) && object[name].is_array(); };
  if (!object.is_object() || !has_array("images") || !has_array("annotations")) {
    refuse(file, "is ", form_of(object),
           "; references are COCO's annotations, an object with the arrays images and annotations");
  }
  const Entries images(file, object["images"], "image");
  const Entries annotations(file, object["annotations"], "annotation");
  auto captions = captions_of_images(file, images, annotations, remarks);
  References references;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (captions[i].empty()) continue;
    const std::string id = images.id(i, "id");
    references.add({images.optional_text(i, "file_name").value_or(id), std::move(captions[i])}, id, file.name());
  }
  return references;
}

}  // namespace captioner
