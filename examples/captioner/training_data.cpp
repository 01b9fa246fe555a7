#include "training_data.hpp"

#include "captioning.hpp"
#include "feature_inputs.hpp"
#include "image_inputs.hpp"
#include "skipped_images.hpp"
#include "training_words.hpp"

namespace captioner {

namespace {

using pupil::Sample;

/// The names of the images of both splits, for the cache.
std::vector<std::string> image_names(const std::vector<Sample>& train, const std::vector<Sample>& dev) {
  std::vector<std::string> names;
  for (const Sample& sample : train) names.push_back(sample.image);
  for (const Sample& sample : dev) names.push_back(sample.image);
  return names;
}

std::unique_ptr<const EncoderInputs> decode_images(const TrainingSettings& settings,
                                                   const std::filesystem::path& image_folder,
                                                   const std::vector<std::string>& names,
                                                   const pupil::Normalization& normalization,
                                                   const std::filesystem::path& cache, ProgressLine& line) {
  const auto show = [&](pupil::Index done, pupil::Index total) {
    line.show("decoding images: " + std::to_string(done) + " of " + std::to_string(total));
  };
  return std::make_unique<const ImageInputs>(
      pupil::ImageCache(cache, image_folder, names, pupil::Size2d(settings.resized()), show),
      ImageInputOptions{.image_size = settings.image_size, .normalization = normalization, .mirror = settings.mirror});
}

}  // namespace

TrainingData read_training_data(const TrainingSettings& settings, const pupil::CaptionedImages& data,
                                const std::optional<pupil::CaptionerDescription>& origin,
                                const std::filesystem::path& cache, ProgressLine& line) {
  for (const std::string& warning : data.warnings()) line.print("captioner: " + warning);
  auto train = data.at(pupil::Split::train);
  const auto& dev = data[pupil::Split::dev];
  if (settings.limit > 0 && settings.limit < static_cast<pupil::Index>(train.size())) {
    train.resize(static_cast<std::size_t>(settings.limit));
  }
  if (dev.empty()) line.print("captioner: " + settings.data + ": no dev split; the last epoch's weights are kept");

  // Before images are decoded, which takes long; again below, because some may be left out.
  const auto warning = choose_words(train, settings, origin).warning(settings);
  if (warning) line.print("captioner: " + *warning);

  TrainingData result;
  const std::vector<std::string> names = image_names(train, dev);
  if (settings.way() == TrainingWay::frozen) {
    result.inputs = open_features(settings, names);
  } else {
    const auto normalization = origin ? origin->options.normalization : pupil::imagenet_normalization;
    result.inputs = decode_images(settings, data.image_folder, names, normalization, cache, line);
  }
  report_skipped(result.inputs->skipped(), line);
  std::erase_if(train, [&](const Sample& sample) { return !result.inputs->find(sample.image); });
  pupil::require<pupil::FileError>(!train.empty(), settings.data, ": no train image can be read");
  pupil::require<pupil::FileError>(train.size() >= 2, settings.data, ": only one train image is there, ",
                                   train.front().image, "; training needs two or more");

  result.vocabulary = choose_words(train, settings, origin).vocabulary;
  for (const Sample& sample : train) {
    result.train_rows.push_back(*result.inputs->find(sample.image));
    auto& captions = result.captions.emplace_back();
    for (const std::string& caption : sample.captions) {
      captions.push_back(result.vocabulary.encode(pupil::tokenize(caption)));
    }
  }
  for (const Sample& sample : dev) {
    const auto row = result.inputs->find(sample.image);
    if (!row) continue;
    result.dev_rows.push_back(*row);
    result.dev_references.push_back(reference_words(sample));
  }
  return result;
}

}  // namespace captioner
