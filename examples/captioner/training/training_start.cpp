#include "training_start.hpp"

#include <string>
#include <utility>
#include <vector>

#include <pupil/models/captioner_file.hpp>
#include <pupil/models/pretrained_weights.hpp>
#include <pupil/optim/decay_groups.hpp>

#include "word_vectors.hpp"

namespace captioner {

namespace {

using Model = pupil::captioning::Captioner<float>;

/// Of a captioner that is not another run's.
pupil::captioning::CaptionerOptions new_options(const TrainingSettings& settings) {
  return {.encoder = settings.encoder,
          .encoder_width = settings.encoder_width,
          .image_size = settings.image_size,
          .resize_to = settings.resized(),
          .decoder = settings.decoder,
          .embedding_size = settings.embedding_size,
          .hidden_size = settings.hidden_size,
          .attention_size = settings.attention_size,
          .gated = settings.gate,
          .projected = settings.project_output,
          .tied = settings.tie_weights,
          .dropout = settings.dropout,
          .max_caption_length = settings.max_caption_length,
          .word_loss = settings.word_loss,
          .doubly_stochastic = settings.doubly_stochastic};
}

Model untrained(const TrainingSettings& settings, const pupil::captioning::Vocabulary& vocabulary) {
  pupil::Rng rng(settings.seed);
  return Model(new_options(settings), vocabulary, rng);
}

/// The file of weights that the run's features were made by.
pupil::PretrainedWeights weights_of_features(const TrainingSettings& settings) {
  pupil::PretrainedWeights weights(settings.weights);
  pupil::require<pupil::FileError>(weights.fingerprint() == settings.weights_fingerprint, settings.weights,
                                   ": has changed since the run began");
  return weights;
}

Model with_pretrained_network(const TrainingSettings& settings, const pupil::captioning::Vocabulary& vocabulary) {
  const pupil::PretrainedWeights weights = weights_of_features(settings);
  pupil::captioning::CaptionerOptions options = new_options(settings);
  options.same_padding = weights.preprocessing().same_padding;
  options.normalization = weights.preprocessing().normalization;
  pupil::Rng rng(settings.seed);
  Model model(options, vocabulary, rng);
  weights.load(model.encoder());
  return model;
}

Model of_another_run(const TrainingSettings& settings) {
  const bool is_same = RunFolder(settings.start_from).model_fingerprint() == settings.start_from_fingerprint;
  pupil::require<pupil::FileError>(is_same || settings.start_from_fingerprint.empty(), settings.start_from,
                                   ": has changed since the run began");
  const pupil::SafetensorsFile file(RunFolder(settings.start_from).model());
  pupil::captioning::CaptionerDescription description = pupil::captioning::read_captioner_description(file);
  description.options.frozen_statistics = settings.has_frozen_statistics();
  description.options.resize_to = settings.resized();
  description.options.dropout = settings.dropout;
  description.options.word_loss = settings.word_loss;
  description.options.doubly_stochastic = settings.doubly_stochastic;
  return pupil::captioning::read_captioner<float>(file, description, "", false, pupil::Rng(settings.seed));
}

/// All that an encoder's network computes with.
std::vector<float> numbers_of(pupil::ImageNetwork<float>& network) {
  std::vector<float> numbers;
  pupil::for_each_parameter(network, [&](const pupil::Name&, const auto& parameter) {
    numbers.insert(numbers.end(), parameter.value.begin(), parameter.value.end());
  });
  return numbers;
}

/// Throws where the captioner's encoder is not the one that made the features: a captioner whose encoder was trained
/// sees others. In a file of bf16, the encoder's weights are rounded.
void require_encoder_of_features(const TrainingSettings& settings, Model& model) {
  pupil::ImageNetwork<float> of_features = model.encoder();
  weights_of_features(settings).load(of_features);
  const std::vector<float> numbers = numbers_of(model.encoder());
  if (numbers == numbers_of(of_features)) return;
  pupil::round_parameters(of_features, pupil::ParameterPrecision::bf16);
  pupil::require<pupil::FileError>(numbers == numbers_of(of_features), settings.start_from,
                                   ": its encoder is not that of ", settings.weights,
                                   ", which --features were made by; was it trained?");
}

Model continued_on_features(const TrainingSettings& settings) {
  Model model = of_another_run(settings);
  require_encoder_of_features(settings, model);
  return model;
}

Model first_model(const TrainingSettings& settings, const pupil::captioning::Vocabulary& vocabulary) {
  switch (settings.way()) {
    case TrainingWay::frozen:
      return with_pretrained_network(settings, vocabulary);
    case TrainingWay::continued:
      return continued_on_features(settings);
    case TrainingWay::fine_tuned:
      return of_another_run(settings);
    default:
      return untrained(settings, vocabulary);
  }
}

pupil::Index first_trained_block(const TrainingSettings& settings, const Model& model) {
  const auto& network = model.encoder();
  if (settings.reads_features()) return network.block_count();
  return settings.starts_from_a_run() ? network.block_index(settings.finetune_from) : 0;
}

/// The encoder may have a learning rate of its own.
std::vector<pupil::ParameterGroup> groups_of_run(const TrainingSettings& settings) {
  if (settings.way() != TrainingWay::fine_tuned) return {};
  const double factor =
      settings.encoder_learning_rate > 0 ? settings.encoder_learning_rate / settings.learning_rate : 0.1;
  return {{.prefix = "encoder", .learning_rate_factor = factor}};
}

/// Without weight decay, this is Adam.
pupil::AdamW<float> make_adam(const TrainingSettings& settings, pupil::captioning::TrainedPart<float> trained) {
  auto groups = groups_of_run(settings);
  if (settings.weight_decay > 0) groups = pupil::without_decay_of_vectors(trained, std::move(groups));
  return pupil::AdamW<float>({.weight_decay = settings.weight_decay, .groups = std::move(groups)});
}

}  // namespace

TrainingState untouched_state(const TrainingSettings& settings, Model model) {
  const pupil::Index first_trained = first_trained_block(settings, model);
  pupil::AdamW<float> adam = make_adam(settings, {model, first_trained});
  TrainingState state{std::move(model), first_trained, std::move(adam), {}};
  if (settings.moving_average > 0) state.average.emplace(state.model);
  state.progress.plateau.learning_rate = settings.learning_rate;
  return state;
}

TrainingState begin_training(const TrainingSettings& settings, const pupil::captioning::Vocabulary& vocabulary,
                             ProgressLine& line) {
  Model model = first_model(settings, vocabulary);
  if (!settings.word_vectors.empty()) {
    const pupil::Index found = load_word_vectors(settings, model);
    line.print(pupil::message("captioner: ", settings.word_vectors, ": vectors of ", found, " of the ",
                              vocabulary.size(), " words"));
  }
  return untouched_state(settings, std::move(model));
}

}  // namespace captioner
