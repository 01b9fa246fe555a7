#pragma once
// How captions are written, a format a file in this folder.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../captioning.hpp"

namespace captioner {

/// What the formats are told.
struct FormatSettings {
  bool all_captions = false;     ///< every caption of an image with its probability, not the first alone
  bool as_sentences = false;     ///< captions as people write them
  bool confidence = false;       ///< how far each is to be trusted, in formats that have no place for it else
  std::filesystem::path folder;  ///< where the output lies: a page names its images from there
};

/// The caption as the settings want it.
inline const std::string& shown(const SaidCaption& caption, const FormatSettings& settings) {
  return settings.as_sentences ? caption.sentence : caption.text;
}

/// Makes the output out of results: a beginning, a record an image, and an end, which may stand behind any record.
class CaptionFormat {
 public:
  explicit CaptionFormat(FormatSettings settings) : settings_(std::move(settings)) {}
  CaptionFormat(const CaptionFormat&) = delete;
  CaptionFormat& operator=(const CaptionFormat&) = delete;
  virtual ~CaptionFormat() = default;

  virtual std::string begin() const { return {}; }

  /// Of an image that has captions, or an error; empty where the format has no place for it. `is_first`: there is no
  /// record before it.
  virtual std::string record(const CaptionResult& result, bool is_first) const = 0;

  virtual std::string end() const { return {}; }

 protected:
  const FormatSettings& settings() const { return settings_; }

 private:
  FormatSettings settings_;
};

/// A format as it is chosen.
struct FormatChoice {
  std::string name;
  std::vector<std::string> endings;  ///< of files that are in this format where nothing else is said
  bool is_for_people = false;        ///< captions are sentences where nothing else is said
  std::function<std::unique_ptr<const CaptionFormat>(FormatSettings)> make;
};

/// All of them, the one that is taken where nothing is said first.
const std::vector<FormatChoice>& caption_formats();

/// By its name, which is one of them.
const FormatChoice& format_named(std::string_view name);

/// The one that the ending of a file's name stands for; the first where it stands for none.
const FormatChoice& format_of_file(const std::filesystem::path& file);

/// How probable a caption is, as people read it: three digits.
std::string probability(const SaidCaption& caption);

std::unique_ptr<const CaptionFormat> make_text_format(FormatSettings settings);
std::unique_ptr<const CaptionFormat> make_json_format(FormatSettings settings);
std::unique_ptr<const CaptionFormat> make_csv_format(FormatSettings settings);
std::unique_ptr<const CaptionFormat> make_coco_format(FormatSettings settings);
std::unique_ptr<const CaptionFormat> make_html_format(FormatSettings settings);

}  // namespace captioner
