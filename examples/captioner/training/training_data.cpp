#include "training_data.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include <pupil/text/characters.hpp>

#include "../captions/captioning.hpp"
#include "../captions/written_forms.hpp"
#include "../common/interruption.hpp"
#include "../common/run_split.hpp"
#include "../common/skipped_images.hpp"
#include "decoded_images.hpp"
#include "feature_inputs.hpp"
#include "training_words.hpp"

namespace captioner {

namespace {

using pupil::captioning::Sample;

/// The names of the images of both splits, for the cache.
std::vector<std::string> image_names(const std::vector<Sample>& train, const std::vector<Sample>& dev) {
  std::vector<std::string> names;
  for (const Sample& sample : train) names.push_back(sample.image);
  for (const Sample& sample : dev) names.push_back(sample.image);
  return names;
}

pupil::captioning::ImageVariationOptions variation_of(const TrainingSettings& settings) {
  const double jitter = settings.color_jitter;
  return {.mirror = settings.mirror,
          .color_jitter = {.brightness = jitter, .contrast = jitter, .saturation = jitter},
          .random_erasing = {.probability = settings.random_erasing}};
}

/// Takes samples out of a split, and the identities of their images with them.
void leave_out_if(const std::function<bool(const Sample&)>& unwanted, std::vector<Sample>& samples,
                  std::vector<pupil::captioning::ImageIdentity>& images) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (unwanted(samples[i])) continue;
    if (kept != i) samples[kept] = std::move(samples[i]);
    images[kept++] = images[i];
  }
  samples.resize(kept);
  images.resize(kept);
}

/// Leaves out the dev images that the captioner was trained on before, by another split, and says so; and warns of
/// those that only look like such.
void leave_out_trained(const pupil::captioning::TrainingRecord& record, const std::string& folder, IdentifiedData& data,
                       ProgressLine& line) {
  const pupil::captioning::TrainedImages found = pupil::captioning::find_trained(record, data.dev_images);
  const auto say = [&](const std::vector<std::size_t>& places, const char* what) {
    const pupil::captioning::LeftOut images = names_at(places, data.dev);
    if (images.count == 0) return;
    line.print(pupil::message("captioner: ", folder, ": ", images.count, " of ", data.dev.size(), " dev images ", what,
                              " (", images.names(), ")"));
  };
  say(found.same, "are left out: the captioner that the run starts from was trained on them");
  say(found.renamed, "have the bytes of images that are trained on, under other names");
  say(found.changed, "have the names of images that were trained on, with other bytes");
  std::set<std::string> trained;
  for (const std::size_t place : found.same) trained.insert(data.dev[place].image);
  leave_out_if([&](const Sample& sample) { return trained.contains(sample.image); }, data.dev, data.dev_images);
}

}  // namespace

TrainingData read_training_data(const TrainingSettings& settings, const std::filesystem::path& image_folder,
                                IdentifiedData data,
                                const std::optional<pupil::captioning::CaptionerDescription>& origin,
                                const std::filesystem::path& cache, const Ranks& ranks, ProgressLine& line) {
  if (data.dev.empty()) line.print("captioner: " + settings.data + ": no dev split; the last epoch's weights are kept");

  // Before images are decoded, which takes long; again below, because some may be left out.
  const auto warning = choose_words(data.train, settings, origin).warning(settings);
  if (warning) line.print("captioner: " + *warning);

  TrainingData result;
  result.identity = data.identity;
  const std::vector<std::string> names = image_names(data.train, data.dev);
  ShardsOfImages shard_of;
  if (settings.shard_data) shard_of = shards_of_images(data.train, settings.shards);
  if (settings.reads_features()) {
    result.inputs = open_features(settings, names);
  } else {
    const Decoding decoding{
        .image_folder = image_folder,
        .cache = cache,
        .size = pupil::Size2d(settings.resized()),
        .options = {.image_size = settings.image_size,
                    .normalization = origin ? origin->options.normalization : pupil::imagenet_normalization,
                    .variation = variation_of(settings)}};
    result.inputs = settings.shard_data
                        ? decode_shards(decoding, data.train, data.dev, shard_of, settings.shards, ranks, line)
                        : decode_for_all(decoding, names, ranks, line);
  }
  report_skipped(result.inputs->skipped(), line);
  const auto is_skipped = [&](const Sample& sample) { return !result.inputs->find(sample.image); };
  leave_out_if(is_skipped, data.train, data.train_images);
  leave_out_if(is_skipped, data.dev, data.dev_images);
  const auto& train = data.train;
  pupil::require<pupil::FileError>(!train.empty(), settings.data, ": no train image can be read");
  pupil::require<pupil::FileError>(train.size() >= 2, settings.data, ": only one train image is there, ",
                                   train.front().image, "; training needs two or more");

  if (origin && origin->training) result.record = *origin->training;
  result.record.split_seed = settings.split_seed;
  result.record.add(data.train_images);
  leave_out_trained(result.record, settings.data, data, line);

  result.vocabulary = choose_words(train, settings, origin).vocabulary;
  const pupil::captioning::CaptionTokens tokens = pupil::captioning::tokens_named(settings.tokens);
  result.word_forms = written_forms(train, result.vocabulary);
  for (const Sample& sample : train) {
    result.train_rows.push_back(*result.inputs->find(sample.image));
    if (settings.shard_data) result.shard_of_train.push_back(shard_of.at(sample.image));
    auto& captions = result.captions.emplace_back();
    for (const std::string& caption : sample.captions) {
      captions.push_back(result.vocabulary.encode(pupil::captioning::tokenize_as(caption, tokens)));
    }
  }
  for (const Sample& sample : data.dev) {
    result.dev_rows.push_back(*result.inputs->find(sample.image));
    result.dev_references.push_back(reference_words(sample));
  }
  return result;
}

}  // namespace captioner
