#include "caption_progress.hpp"

#include <cstdio>

#include <unistd.h>

#include <pupil/core/errors.hpp>
#include <pupil/io/progress_bar.hpp>
#include <pupil/io/terminal.hpp>

namespace captioner {

namespace {

std::string images(std::size_t count) { return std::to_string(count) + (count == 1 ? " image" : " images"); }

std::string again(std::size_t count) { return count == 0 ? "" : ", " + std::to_string(count) + " of them again"; }

}  // namespace

std::string CaptionCounts::plan() const {
  return pupil::message(images(to_caption()), " to caption", again(changed), "; ", done, done == 1 ? " is" : " are",
                        " done");
}

std::string CaptionCounts::summary() const {
  std::string text = pupil::message("captioned ", images(to_caption() - faults), again(changed), "; ", done,
                                    done == 1 ? " was" : " were", " done before");
  if (faults > 0) text += pupil::message("; ", faults, " cannot be read");
  return text;
}

CaptionProgress::CaptionProgress(bool has_file)
    : has_file_(has_file), is_shown_(has_file || (pupil::has_terminal() && ::isatty(STDOUT_FILENO) == 0)) {}

void CaptionProgress::show(std::span<const CaptionedImage> images) {
  for (const CaptionedImage& image : images) {
    if (image.result.caption) {
      counts_.add(image.request);
    } else {
      ++counts_.fresh;
      ++counts_.faults;
    }
  }
  if (is_shown_ && line_.is_due()) line_.show(text());
}

void CaptionProgress::complain(const std::string& text) { line_.print("captioner: " + text); }

std::string CaptionProgress::text() const {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const auto captioned = static_cast<double>(counts_.to_caption());
  const double rate = seconds > 0 ? captioned / seconds : 0;
  char speed[48];
  std::snprintf(speed, sizeof speed, ", %.1f images/s", rate);
  std::string text = "captioned " + std::to_string(counts_.to_caption());
  if (!all_) return text + speed;
  text += " of " + std::to_string(all_->to_caption()) + speed;
  const double left = static_cast<double>(all_->to_caption()) - captioned;
  return rate > 0 && left >= 0 ? text + ", " + pupil::format_duration(left / rate) + " left" : text;
}

}  // namespace captioner
