#pragma once
// What `captioner caption` is told.

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "../common/compute_options.hpp"
#include "formats/caption_format.hpp"
#include "image_list.hpp"
#include "search_options.hpp"
#include "trust_options.hpp"

namespace captioner {

struct CaptionArguments {
  std::vector<std::string> runs;
  ImageArguments images;
  std::optional<std::string> format;
  std::optional<std::string> out;
  std::vector<std::string> beside;
  std::optional<bool> sentence;
  bool dry_run = false;
  ComputeOptions compute;
  SearchOptions search;
  TrustOptions trust;
};

void add_caption_options(CLI::App& command, CaptionArguments& arguments);

/// Throws OptionError, naming the value, where options exclude each other.
void check_caption_arguments(const CaptionArguments& arguments);

/// By --format, or the ending of --out.
const FormatChoice& chosen_format(const CaptionArguments& arguments);

}  // namespace captioner
