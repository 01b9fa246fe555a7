#include "caption_maker.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <pupil/models/ensemble.hpp>
#include <pupil/models/word_attention.hpp>

namespace captioner {

namespace {

using FoundCaptions = std::vector<std::vector<pupil::FoundCaption>>;

/// What several captioners have in common: the least that one was made for, and the first choice for decoding there is.
CaptionDefaults defaults_of(std::span<const RunModel> models) {
  CaptionDefaults defaults{.model = models.front().run,
                           .vocabulary = models.front().model.vocabulary(),
                           .max_length = models.front().model.options().max_caption_length};
  bool is_chosen = false;
  for (const RunModel& each : models) {
    defaults.max_length = std::min(defaults.max_length, each.model.options().max_caption_length);
    if (each.decoding && !is_chosen) defaults.decoding = *each.decoding;
    is_chosen = is_chosen || each.decoding;
  }
  return defaults;
}

template <class Decoder, class Features>
FoundCaptions say(const Decoder& decoder, const Features& features, const CaptionSettings& settings,
                  Index first_image) {
  if (const auto* const search = std::get_if<pupil::BeamSearchOptions>(&settings)) {
    return pupil::beam_search_n_best(decoder, features, *search);
  }
  auto sampling = std::get<pupil::SamplingOptions>(settings);
  sampling.first_image = first_image;
  return pupil::sample_captions(decoder, features, sampling);
}

}  // namespace

CaptionMaker::CaptionMaker(std::span<const RunModel> models, const SearchOptions& options)
    : models_(models), settings_(caption_settings(options, defaults_of(models))) {
  for (const RunModel& each : models) {
    add_member(each.model, false);
    if (options.mirror_too) add_member(each.model, true);
  }
}

void CaptionMaker::add_member(const Model& model, bool mirrored) {
  const auto& options = model.options();
  const ImageFormat format{options.resize_to, options.image_size, options.normalization, mirrored};
  const auto place = std::ranges::find(formats_, format);
  members_.push_back({&model, static_cast<std::size_t>(place - formats_.begin())});
  if (place == formats_.end()) formats_.push_back(format);
}

std::vector<ImageDescription> CaptionMaker::describe(const std::vector<pupil::Tensor<float, 4>>& images,
                                                     Index first_image) const {
  using Decoder = pupil::Decoder<float>;
  std::vector<const Decoder*> decoders;
  std::vector<Features> features;
  for (const Member& member : members_) {
    decoders.push_back(&member.model->decoder());
    features.push_back(features_of(*member.model, images[member.format]));
  }
  auto found = members_.size() == 1 ? say(*decoders.front(), features.front(), settings_, first_image)
                                    : say(pupil::Ensemble<Decoder>(decoders), features, settings_, first_image);
  std::vector<ImageDescription> descriptions;
  for (auto& captions : found) descriptions.push_back({std::move(captions)});
  return descriptions;
}

pupil::Tensor<float, 2> CaptionMaker::attention(const std::vector<pupil::Tensor<float, 4>>& image,
                                                std::span<const std::int32_t> words) const {
  const Member& first = members_.front();
  return pupil::word_attention(first.model->decoder(), features_of(*first.model, image[first.format]), words);
}

}  // namespace captioner
