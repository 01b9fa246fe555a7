#include "caption_output.hpp"

#include <utility>

#include "../../command_line/standard_streams.hpp"

namespace captioner {

CaptionOutput::CaptionOutput(std::unique_ptr<const CaptionFormat> format, const std::optional<std::string>& out)
    : format_(std::move(format)) {
  if (out) file_.emplace(*out);
  append(format_->begin());
}

void CaptionOutput::add(std::span<const CaptionedImage> images) {
  std::string records;
  for (const CaptionedImage& image : images) {
    const std::string record = format_->record(image.result, is_first_);
    is_first_ = is_first_ && record.empty();
    records += record;
  }
  append(records);
}

void CaptionOutput::finish() {
  if (file_) {
    file_->finish(format_->end());
  } else {
    command_line::write_output(format_->end());
  }
}

void CaptionOutput::append(const std::string& text) {
  if (file_) {
    file_->append(text, format_->end());
  } else {
    command_line::write_output(text);
  }
}

}  // namespace captioner
