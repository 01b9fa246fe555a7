#include "image_names.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/io/system.hpp>

#include "../common/interruption.hpp"

namespace captioner {

namespace {

namespace fs = std::filesystem;

/// All names in a folder but the hidden ones, sorted.
std::vector<std::string> names_in(const std::string& folder) {
  std::error_code code;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    std::string name = entry->path().filename().string();
    if (!name.starts_with('.')) names.push_back(std::move(name));
  }
  if (code) pupil::throw_file_error(folder, "read", code.value());
  std::ranges::sort(names);
  return names;
}

/// Waits until there is something on standard input, or its end; false where an interruption comes first.
bool wait_for_input() {
  constexpr int milliseconds = 100;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (!is_interrupted()) {
    if (::poll(&input, 1, milliseconds) != 0) return !is_interrupted();
  }
  return false;
}

}  // namespace

bool is_image_name(std::string_view name) {
  constexpr std::array<std::string_view, 5> endings{".jpg", ".jpeg", ".png", ".bmp", ".gif"};
  const std::string lower = pupil::ascii_lower(name);
  return !name.starts_with('.') &&
         std::ranges::any_of(endings, [&](std::string_view ending) { return lower.ends_with(ending); });
}

FolderWalk::FolderWalk(const std::string& folder, bool recursive, Remark remark)
    : recursive_(recursive), remark_(std::move(remark)) {
  enter(folder);
}

std::optional<std::string> FolderWalk::next() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.place == level.names.size()) {
      levels_.pop_back();
      continue;
    }
    const std::string& name = level.names[level.place++];
    std::string path = (fs::path(level.folder) / name).string();
    std::error_code unknown;
    const bool is_folder = fs::is_directory(path, unknown);
    if (!is_folder && is_image_name(name)) return path;
    if (!is_folder || !is_walked_into(path)) continue;
    try {
      enter(path);
    } catch (const pupil::FileError& error) {
      remark_(error.what(), true);
    }
  }
  return std::nullopt;
}

void FolderWalk::enter(const std::string& folder) { levels_.push_back({folder, names_in(folder)}); }

bool FolderWalk::is_walked_into(const std::string& path) const {
  if (!recursive_) return false;
  std::error_code unknown;
  if (!fs::is_symlink(path, unknown)) return true;
  remark_(path + ": is a link to a folder, which is not followed; name it to have its images captioned", false);
  return false;
}

std::optional<std::string> NameReader::next() {
  while (true) {
    const std::size_t end = text_.find(null_separated_ ? '\0' : '\n', place_);
    if (end == text_.npos && read_block()) continue;
    if (place_ >= text_.size()) return std::nullopt;
    std::string name = text_.substr(place_, end == text_.npos ? end : end - place_);
    place_ = end == text_.npos ? text_.size() : end + 1;
    if (!null_separated_ && name.ends_with('\r')) name.pop_back();
    if (!name.empty()) return name;
  }
}

/// Reads more, behind what is not yet used; false at the end.
bool NameReader::read_block() {
  if (ended_) return false;
  std::array<char, 65536> block;
  if (!wait_for_input()) {
    ended_ = true;
    text_.clear();
    place_ = 0;
    return false;
  }
  const auto count = pupil::retry_interrupted([&] { return ::read(STDIN_FILENO, block.data(), block.size()); });
  if (count < 0) pupil::throw_file_error("standard input", "read", errno);
  text_.erase(0, std::exchange(place_, 0));
  std::string_view more(block.data(), static_cast<std::size_t>(count));
  if (std::exchange(is_first_, false)) {
    more = pupil::without_byte_order_mark(more);
    null_separated_ = null_separated_ || more.find('\0') != more.npos;
  }
  text_ += more;
  ended_ = count == 0;
  return !ended_;
}

}  // namespace captioner
