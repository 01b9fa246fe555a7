#include "feature_inputs.hpp"

#include <unordered_set>

#include <pupil/models/decoder.hpp>

namespace captioner {

FeatureInputs::FeatureInputs(const std::filesystem::path& file, bool mirror)
    : cache_(file), mirror_(mirror && cache_.description().flips) {}

EncoderInput FeatureInputs::varied(std::span<const pupil::Index> rows, pupil::captioning::BatchRange part,
                                   pupil::Rng& rng) const {
  std::vector<pupil::captioning::FeatureView> views;
  for (const pupil::Index row : rows) views.push_back({row, mirror_ && rng.below(2) == 1});
  return read(part_of(std::span<const pupil::captioning::FeatureView>(views), part));
}

EncoderInput FeatureInputs::plain(std::span<const pupil::Index> rows) const {
  std::vector<pupil::captioning::FeatureView> views;
  for (const pupil::Index row : rows) views.push_back({row, false});
  return read(views);
}

EncoderInput FeatureInputs::read(std::span<const pupil::captioning::FeatureView> views) const {
  pupil::ImageFeatures<float> features;
  if (cache_.description().kind == "grid") {
    features.grid = pupil::positions_of_grid(cache_.read<4>(views));
  } else {
    features.pooled = cache_.read<2>(views);
  }
  return features;
}

std::unique_ptr<const EncoderInputs> open_features(const TrainingSettings& settings,
                                                   const std::vector<std::string>& names) {
  auto inputs = std::make_unique<const FeatureInputs>(settings.features, settings.mirror);
  const pupil::captioning::FeatureCache& cache = inputs->cache();
  const auto require_same = [&](const char* what, const auto& found, const auto& expected) {
    pupil::require<pupil::FileError>(found == expected, settings.features, ": holds features of ", what, ' ', found,
                                     ", the run's is ", expected);
  };
  require_same("encoder", cache.description().encoder, settings.encoder);
  require_same("image size", cache.description().image_size, settings.image_size);
  pupil::require<pupil::FileError>(cache.description().weights == settings.weights_fingerprint, settings.features,
                                   ": holds features of other weights (", cache.description().weights,
                                   ") than those of ", settings.weights, " (", settings.weights_fingerprint, ")");
  const std::string kind = pupil::captioning::features_read_by(settings.decoder).grid ? "grid" : "pooled";
  pupil::require<pupil::FileError>(cache.description().kind == kind, settings.features, ": holds ",
                                   cache.description().kind, " features; --decoder ", settings.decoder, " reads ", kind,
                                   " ones (captioner features --kind ", kind, ")");
  const std::unordered_set<std::string> known(cache.names().begin(), cache.names().end());
  for (const std::string& name : names) {
    pupil::require<pupil::FileError>(known.contains(name), settings.features, ": has no features of ", name, " in ",
                                     settings.data);
  }
  return inputs;
}

}  // namespace captioner
