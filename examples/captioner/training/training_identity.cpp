#include "training_identity.hpp"

#include <algorithm>
#include <optional>

#include <pupil/core/hash.hpp>
#include <pupil/data/feature_cache.hpp>
#include <pupil/models/training_record.hpp>

namespace captioner {

namespace {

using pupil::captioning::Sample;

std::vector<std::string> image_names(const std::vector<Sample>& samples) {
  std::vector<std::string> names;
  for (const Sample& sample : samples) names.push_back(sample.image);
  return names;
}

std::string hash_captions(const std::vector<Sample>& samples) {
  std::uint64_t hash = pupil::empty_hash;
  for (const Sample& sample : samples) {
    hash = pupil::hash_number(sample.captions.size(), hash);
    for (const std::string& caption : sample.captions) {
      hash = pupil::hash_bytes(caption, pupil::hash_number(caption.size(), hash));
    }
  }
  return pupil::hash_digits(hash);
}

/// "2 train images are new (a.jpg, b.jpg)"; nothing where there are none.
void add_count(const pupil::captioning::LeftOut& images, const char* singular, const char* plural, std::string& text) {
  if (images.count == 0) return;
  text += pupil::message(text.empty() ? "" : ", ", images.count, images.count == 1 ? " train image " : " train images ",
                         images.count == 1 ? singular : plural);
  if (!images.first_names.empty()) text += " (" + images.names() + ")";
}

/// How the train images differ from those of the record, of which there were so many.
std::string train_difference(const IdentifiedData& data, const std::optional<pupil::captioning::TrainingRecord>& record,
                             pupil::Index count) {
  if (!record) return "the train images are others";
  pupil::captioning::LeftOut changed, added, gone;
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    const pupil::captioning::ImageIdentity& image = data.train_images[i];
    if (std::ranges::binary_search(record->images, image)) continue;
    const bool known =
        std::ranges::binary_search(record->images, image.name, {}, &pupil::captioning::ImageIdentity::name);
    (known ? changed : added).add(data.train[i].image);
  }
  gone.count = std::max<pupil::Index>(0, count - (static_cast<pupil::Index>(data.train.size()) - added.count));
  std::string text;
  add_count(changed, "has changed", "have changed", text);
  add_count(added, "is new", "are new", text);
  add_count(gone, "is gone", "are gone", text);
  return text.empty() ? "the train images are others" : text;
}

std::string difference(const DataIdentity& of_run, const IdentifiedData& data,
                       const std::optional<pupil::captioning::TrainingRecord>& record) {
  const DataIdentity& now = data.identity;
  if (now.train_images != of_run.train_images) return train_difference(data, record, of_run.train_count);
  if (now.train_captions != of_run.train_captions)
    return "the train images' captions have other words, or another order";
  if (now.dev_images != of_run.dev_images) return "the dev images are others";
  if (now.dev_captions != of_run.dev_captions) return "the dev images' captions have other words, or another order";
  return "the features are others";
}

}  // namespace

IdentifiedData identify_data(const TrainingSettings& settings, const pupil::captioning::CaptionedImages& data) {
  IdentifiedData result{.train = data.at(pupil::captioning::Split::train), .dev = data[pupil::captioning::Split::dev]};
  if (settings.limit > 0 && settings.limit < static_cast<pupil::Index>(result.train.size())) {
    result.train.resize(static_cast<std::size_t>(settings.limit));
  }
  result.train_images = pupil::captioning::identify_images(data.image_folder, image_names(result.train));
  result.dev_images = pupil::captioning::identify_images(data.image_folder, image_names(result.dev));
  result.identity = {
      .train_count = static_cast<pupil::Index>(result.train.size()),
      .train_images = pupil::captioning::hash_identities(result.train_images),
      .train_captions = hash_captions(result.train),
      .dev_images = pupil::captioning::hash_identities(result.dev_images),
      .dev_captions = hash_captions(result.dev),
      .features = settings.features.empty() ? "" : pupil::captioning::FeatureCache(settings.features).fingerprint()};
  return result;
}

void require_same_data(const RunFolder& run, const std::string& folder, const IdentifiedData& data) {
  const pupil::SafetensorsFile file(run.checkpoint());
  const auto stored = file.metadata().find("data");
  if (stored == file.metadata().end()) return;
  DataIdentity of_run;
  try {
    of_run = nlohmann::json::parse(stored->second).get<DataIdentity>();
  } catch (const nlohmann::json::exception& error) {
    throw pupil::FileError(pupil::message(run.checkpoint().string(), ": ", error.what()));
  }
  if (of_run == data.identity) return;
  throw pupil::FileError(pupil::message(folder, ": not the data that the run in ", run.path().string(), " began with: ",
                                        difference(of_run, data, pupil::captioning::read_training_record(file))));
}

}  // namespace captioner
