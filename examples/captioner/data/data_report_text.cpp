#include <algorithm>
#include <cstdio>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>

#include "data_report.hpp"

namespace captioner {

namespace {

using pupil::Index;
using pupil::message;

constexpr std::size_t most_shown = 5;

std::string right(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}
std::string left(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(text.size() < width ? width - text.size() : 1, ' ');
}
std::string column(Index number, std::size_t width) { return right(std::to_string(number), width); }

std::string column(double number, int decimals, std::size_t width) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  return right(text, width);
}

std::string named(const char* what, const std::string& value) { return left(what, 14) + value + '\n'; }

std::string table_of_splits(const DataSummary& summary) {
  std::string text =
      "                            captions an image           words a caption\n"
      "         images  captions     least  mean  most     mean  median   95 %   most\n";
  for (const SplitSummary& split : summary.splits) {
    text += left(split.name, 6) + column(split.images, 9) + column(split.captions, 10);
    if (split.images > 0) {
      const auto& [mean, least, median, near_most, most] = split.words_a_caption;
      text += column(split.captions_an_image.least, 10) + column(split.captions_an_image.mean, 1, 6) +
              column(split.captions_an_image.most, 6) + column(mean, 1, 9) + column(median, 8) + column(near_most, 7) +
              column(most, 7);
    }
    text += '\n';
  }
  return text;
}

std::string table_of_words(const DataSummary& summary) {
  std::string text = message(summary.distinct_words, summary.distinct_words == 1 ? " word" : " words",
                             summary.words_from == "train" ? " in the train captions" : " in the captions",
                             "; known of each split's, where rare ones are left out:\n",
                             "--min-count    words    train      dev     test\n");
  for (const CoverageRow& row : summary.coverage) {
    text += column(row.min_count, 11) + column(row.words, 9);
    for (const auto& share : row.known) text += share ? column(100 * *share, 2, 7) + " %" : right("-", 9);
    text += '\n';
  }
  return text;
}

std::string counted(const pupil::captioning::LeftOut& images) {
  return images.count == 0 ? "0" : message(images.count, " (", images.names(), ")");
}

std::string shown(const SameImages& same) {
  std::string text;
  for (const PlacedImage& image : same) {
    text += message(text.empty() ? "" : " = ", pupil::visible(image.name), " (",
                    pupil::captioning::split_name(image.split), ")");
  }
  return text;
}

std::string what_was_read(const ImageCheck& check) {
  std::string text = named("broken", message(check.broken.size(), " of ", check.images, " images"));
  for (std::size_t i = 0; i < std::min(most_shown, check.broken.size()); ++i) {
    text += message("  ", pupil::visible(check.broken[i].name), ": ", check.broken[i].reason, '\n');
  }
  const auto across = std::ranges::count_if(check.duplicates, is_across_splits);
  text += named("duplicates", message(check.duplicates.size(), check.duplicates.size() == 1 ? " image" : " images",
                                      " under several names, ", across, " of them in several splits"));
  std::size_t lines = 0;
  for (const bool wanted : {true, false}) {  // those that leak come first
    for (const SameImages& same : check.duplicates) {
      if (is_across_splits(same) == wanted && lines++ < most_shown) text += "  " + shown(same) + '\n';
    }
  }
  if (lines > most_shown) text += "  ...\n";
  return text;
}

}  // namespace

std::string report_text(const DataReport& report) {
  const pupil::captioning::CaptionedImages& data = report.data;
  std::string text = named("data", pupil::visible(data.folder.string())) + named("form", data.form) +
                     named("images in", pupil::visible(data.image_folder.string())) +
                     named("splits", data.has_own_splits ? std::string("by the data")
                                                         : message("by a hash of the images' names (--split-seed ",
                                                                   report.split_seed, ")"));
  text += '\n' + table_of_splits(report.captions) + '\n' + table_of_words(report.captions) + '\n';
  text += named("absent", counted(data.captioned_but_absent));
  if (data.listed_but_absent.count > 0) text += named("", counted(data.listed_but_absent) + " named in a list");
  text += named("in no split", counted(data.captioned_but_unlisted));
  pupil::captioning::LeftOut uncaptioned = data.uncaptioned;
  if (uncaptioned.count == 0) uncaptioned = data.listed_but_uncaptioned;
  text += named("no captions", counted(uncaptioned));
  text += named("no word", message(data.wordless_captions, data.wordless_captions == 1 ? " caption" : " captions"));
  const DoubleCaptions& doubles = report.captions.doubles;
  text += named("double", doubles.count == 0
                              ? std::string("0 captions")
                              : message(doubles.count, doubles.count == 1 ? " caption" : " captions", " of ",
                                        doubles.images.count, doubles.images.count == 1 ? " image (" : " images (",
                                        doubles.images.names(), ")"));
  if (report.images) text += what_was_read(*report.images);
  for (const std::string& remark : data.remarks) text += named("remark", remark);
  return text;
}

}  // namespace captioner
