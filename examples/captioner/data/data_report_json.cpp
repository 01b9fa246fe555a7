#include <nlohmann/json.hpp>

#include "data_report.hpp"

namespace captioner {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Spread& spread) {
  return {{"mean", spread.mean},
          {"least", spread.least},
          {"median", spread.median},
          {"percentile_95", spread.near_most},
          {"most", spread.most}};
}

Json json_of(const pupil::LeftOut& images) { return {{"count", images.count}, {"first", images.first_names}}; }

Json json_of(const SplitSummary& split) {
  return {{"images", split.images},
          {"captions", split.captions},
          {"captions_an_image", json_of(split.captions_an_image)},
          {"words_a_caption", json_of(split.words_a_caption)}};
}

Json json_of(const CoverageRow& row) {
  Json known = Json::object();
  for (std::size_t i = 0; i < row.known.size(); ++i) {
    if (row.known[i]) known[std::string(pupil::split_name(pupil::all_splits[i]))] = *row.known[i];
  }
  return {{"min_count", row.min_count}, {"words", row.words}, {"known", known}};
}

Json json_of(const SameImages& same) {
  Json images = Json::array();
  for (const PlacedImage& image : same) {
    images.push_back({{"split", pupil::split_name(image.split)}, {"image", image.name}});
  }
  return {{"across_splits", is_across_splits(same)}, {"images", images}};
}

void add_images(Json& json, const ImageCheck& check) {
  json["images_read"] = check.images;
  json["broken"] = Json::array();
  for (const auto& [name, reason] : check.broken) json["broken"].push_back({{"image", name}, {"reason", reason}});
  json["duplicates"] = Json::array();
  for (const SameImages& same : check.duplicates) json["duplicates"].push_back(json_of(same));
}

}  // namespace

std::string report_json(const DataReport& report) {
  const pupil::CaptionedImages& data = report.data;
  Json json{{"data", data.folder.string()},
            {"form", data.form},
            {"image_folder", data.image_folder.string()},
            {"has_own_splits", data.has_own_splits}};
  if (!data.has_own_splits) json["split_seed"] = report.split_seed;
  for (const SplitSummary& split : report.captions.splits) json["splits"][split.name] = json_of(split);
  json["distinct_words"] = report.captions.distinct_words;
  json["words_from"] = report.captions.words_from;
  for (const CoverageRow& row : report.captions.coverage) json["coverage"].push_back(json_of(row));
  json["captioned_but_absent"] = json_of(data.captioned_but_absent);
  json["listed_but_absent"] = json_of(data.listed_but_absent);
  json["captioned_but_in_no_split"] = json_of(data.captioned_but_unlisted);
  json["listed_but_without_captions"] = json_of(data.listed_but_uncaptioned);
  json["without_captions"] = json_of(data.uncaptioned);
  json["captions_without_a_word"] = data.wordless_captions;
  json["double_captions"] = {{"count", report.captions.doubles.count},
                             {"images", json_of(report.captions.doubles.images)}};
  if (report.images) add_images(json, *report.images);
  json["remarks"] = data.remarks;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace captioner
