#include <nlohmann/json.hpp>

#include "data_report.hpp"

namespace captioner {

namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson spread_json(const Spread& spread) {
  return {{"mean", spread.mean},
          {"least", spread.least},
          {"median", spread.median},
          {"percentile_95", spread.near_most},
          {"most", spread.most}};
}

OrderedJson spread_json(const pupil::captioning::LeftOut& images) {
  return {{"count", images.count}, {"first", images.first_names}};
}

OrderedJson spread_json(const SplitSummary& split) {
  return {{"images", split.images},
          {"captions", split.captions},
          {"captions_an_image", spread_json(split.captions_an_image)},
          {"words_a_caption", spread_json(split.words_a_caption)}};
}

OrderedJson spread_json(const CoverageRow& row) {
  OrderedJson known = OrderedJson::object();
  for (std::size_t i = 0; i < row.known.size(); ++i) {
    if (row.known[i])
      known[std::string(pupil::captioning::split_name(pupil::captioning::all_splits[i]))] = *row.known[i];
  }
  return {{"min_count", row.min_count}, {"words", row.words}, {"known", known}};
}

OrderedJson spread_json(const SameImages& same) {
  OrderedJson images = OrderedJson::array();
  for (const PlacedImage& image : same) {
    images.push_back({{"split", pupil::captioning::split_name(image.split)}, {"image", image.name}});
  }
  return {{"across_splits", is_across_splits(same)}, {"images", images}};
}

void add_images(OrderedJson& json, const ImageCheck& check) {
  json["images_read"] = check.images;
  json["broken"] = OrderedJson::array();
  for (const auto& [name, reason] : check.broken) json["broken"].push_back({{"image", name}, {"reason", reason}});
  json["duplicates"] = OrderedJson::array();
  for (const SameImages& same : check.duplicates) json["duplicates"].push_back(spread_json(same));
}

}  // namespace

std::string report_json(const DataReport& report) {
  const pupil::captioning::CaptionedImages& data = report.data;
  OrderedJson json{{"data", data.folder.string()},
                   {"form", data.form},
                   {"image_folder", data.image_folder.string()},
                   {"has_own_splits", data.has_own_splits}};
  if (!data.has_own_splits) json["split_seed"] = report.split_seed;
  for (const SplitSummary& split : report.captions.splits) json["splits"][split.name] = spread_json(split);
  json["distinct_words"] = report.captions.distinct_words;
  json["words_from"] = report.captions.words_from;
  for (const CoverageRow& row : report.captions.coverage) json["coverage"].push_back(spread_json(row));
  json["captioned_but_absent"] = spread_json(data.captioned_but_absent);
  json["listed_but_absent"] = spread_json(data.listed_but_absent);
  json["captioned_but_in_no_split"] = spread_json(data.captioned_but_unlisted);
  json["listed_but_without_captions"] = spread_json(data.listed_but_uncaptioned);
  json["without_captions"] = spread_json(data.uncaptioned);
  json["captions_without_a_word"] = data.wordless_captions;
  json["double_captions"] = {{"count", report.captions.doubles.count},
                             {"images", spread_json(report.captions.doubles.images)}};
  if (report.images) add_images(json, *report.images);
  json["remarks"] = data.remarks;
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + '\n';
}

}  // namespace captioner
