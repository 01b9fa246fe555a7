#include "caption_maker.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <pupil/models/ensemble.hpp>
#include <pupil/models/word_attention.hpp>
#include <pupil/nn/prepare.hpp>

#include "run_models.hpp"

namespace captioner {

namespace {

using FoundCaptions = std::vector<std::vector<pupil::captioning::FoundCaption>>;

/// What several captioners have in common: the least that one was made for, and the first choice for decoding there is.
CaptionDefaults defaults_of(std::span<const RunModel> models) {
  CaptionDefaults defaults{.model = models.front().info.run,
                           .vocabulary = models.front().model.vocabulary(),
                           .max_length = models.front().model.options().max_caption_length};
  bool is_chosen = false;
  for (const RunModel& each : models) {
    defaults.max_length = std::min(defaults.max_length, each.model.options().max_caption_length);
    if (each.info.decoding && !is_chosen) defaults.decoding = *each.info.decoding;
    is_chosen = is_chosen || each.info.decoding;
  }
  return defaults;
}

template <class Decoder, class Features>
FoundCaptions say(const Decoder& decoder, const Features& features, const CaptionSettings& settings,
                  Index first_image) {
  if (const auto* const search = std::get_if<pupil::captioning::BeamSearchOptions>(&settings)) {
    return pupil::captioning::beam_search_n_best(decoder, features, *search);
  }
  auto sampling = std::get<pupil::captioning::SamplingOptions>(settings);
  sampling.first_image = first_image;
  return pupil::captioning::sample_captions(decoder, features, sampling);
}

/// Whether words were forced on captions, or kept from them.
bool is_restricted(const SearchOptions& options) {
  return options.max_length || options.min_length > 0 || options.block_ngrams > 0 || !options.never.empty() ||
         !options.begin.empty();
}

/// See CaptionMaker::why_no_confidence.
std::optional<std::string> reason_for_no_confidence(std::span<const RunModel> models, const SearchOptions& options) {
  if (models.size() > 1) return "several captioners speak as one, and there is no confidence in what they say together";
  const RunModel& model = models.front();
  if (!model.confidence) return model.info.file + " has no confidence; captioner tune learns it";
  const auto none = [](const char* of) { return pupil::message("there is no confidence in captions ", of); };
  if (options.mirror_too) return none("by --mirror-too");
  if (options.sample) return none("that are drawn by --sample");
  if (options.groups.value_or(1) > 1) return none("by --diverse");
  if (is_restricted(options)) return none("whose words or lengths are restricted");
  return std::nullopt;
}

void add_confidences(const pupil::captioning::CaptionConfidence& confidence,
                     const pupil::captioning::Decoder<float>& decoder, const Features& features,
                     std::vector<ImageDescription>& descriptions) {
  std::vector<pupil::captioning::FoundCaption> first;
  for (const ImageDescription& description : descriptions) first.push_back(description.captions.front());
  const std::vector<double> confidences = pupil::captioning::confidences(confidence, decoder, features, first);
  for (std::size_t i = 0; i < confidences.size(); ++i) descriptions[i].confidence = confidences[i];
}

}  // namespace

struct CaptionMaker::Captioners {
  /// One that looks at images of a format. A captioner may be two: of an image, and of its mirror image.
  struct Member {
    const Model* model;
    std::size_t format;

    Features features(const std::vector<pupil::Tensor<float, 4>>& images) const {
      return features_of(*model, images[format]);
    }
  };

  std::vector<Model> as_trained;                 // or
  std::vector<pupil::Prepared<Model>> prepared;  // these
  std::vector<Member> members;
  CaptionSettings settings;
  std::optional<pupil::captioning::CaptionConfidence> confidence;
};

CaptionMaker::CaptionMaker(const std::vector<std::string>& runs, const SearchOptions& options, WeightsAre weights) {
  std::vector<RunModel> loaded = load_models(runs);
  auto captioners =
      std::make_unique<Captioners>(Captioners{{}, {}, {}, caption_settings(options, defaults_of(loaded)), {}});
  why_no_confidence_ = reason_for_no_confidence(loaded, options);
  if (!why_no_confidence_) captioners->confidence = std::move(loaded.front().confidence);
  for (RunModel& each : loaded) {
    runs_.push_back(std::move(each.info));
    if (weights == WeightsAre::prepared) {
      captioners->prepared.push_back(pupil::prepare(std::move(each.model)));
    } else {
      captioners->as_trained.push_back(std::move(each.model));
    }
  }
  const auto add_member = [&](const Model& model, bool mirrored) {
    const auto& made_for = model.options();
    const ImageFormat format{made_for.resize_to, made_for.image_size, made_for.normalization, mirrored};
    const auto place = std::ranges::find(formats_, format);
    captioners->members.push_back({&model, static_cast<std::size_t>(place - formats_.begin())});
    if (place == formats_.end()) formats_.push_back(format);
  };
  const auto add_members = [&](const Model& model) {
    add_member(model, false);
    if (options.mirror_too) add_member(model, true);
  };
  for (const Model& model : captioners->as_trained) add_members(model);
  for (const auto& model : captioners->prepared) add_members(*model);
  captioners_ = std::move(captioners);
}

CaptionMaker::~CaptionMaker() = default;

const CaptionSettings& CaptionMaker::settings() const { return captioners_->settings; }

const pupil::captioning::Vocabulary& CaptionMaker::vocabulary() const {
  return captioners_->members.front().model->vocabulary();
}

std::vector<ImageDescription> CaptionMaker::describe(const std::vector<pupil::Tensor<float, 4>>& images,
                                                     Index first_image) const {
  return describe(images, first_image, nullptr);
}

std::pair<ImageDescription, pupil::Tensor<float, 2>> CaptionMaker::describe_with_attention(
    const std::vector<pupil::Tensor<float, 4>>& image) const {
  pupil::Tensor<float, 2> attention;
  auto descriptions = describe(image, 0, &attention);
  return {std::move(descriptions.front()), std::move(attention)};
}

std::vector<ImageDescription> CaptionMaker::describe(const std::vector<pupil::Tensor<float, 4>>& images,
                                                     Index first_image, pupil::Tensor<float, 2>* attention) const {
  using Decoder = pupil::captioning::Decoder<float>;
  std::vector<const Decoder*> decoders;
  std::vector<Features> features;
  for (const auto& member : captioners_->members) {
    decoders.push_back(&member.model->decoder());
    features.push_back(member.features(images));
  }
  auto found = decoders.size() == 1
                   ? say(*decoders.front(), features.front(), settings(), first_image)
                   : say(pupil::captioning::Ensemble<Decoder>(decoders), features, settings(), first_image);
  if (attention != nullptr) {
    *attention = pupil::captioning::word_attention(*decoders.front(), features.front(), found.front().front().words);
  }
  std::vector<ImageDescription> descriptions;
  for (auto& captions : found) descriptions.push_back({std::move(captions)});
  if (captioners_->confidence)
    add_confidences(*captioners_->confidence, *decoders.front(), features.front(), descriptions);
  return descriptions;
}

pupil::Tensor<float, 2> CaptionMaker::attention(const std::vector<pupil::Tensor<float, 4>>& image,
                                                std::span<const std::int32_t> words) const {
  const auto& first = captioners_->members.front();
  return pupil::captioning::word_attention(first.model->decoder(), first.features(image), words);
}

}  // namespace captioner
