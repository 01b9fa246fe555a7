#pragma once
// What a run is started with, and keeps in its settings.json.

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/data/data_form.hpp>
#include <pupil/io/checkpoint.hpp>

namespace captioner {

/// What becomes of the encoder's network. It begins with nothing and is trained; it is pretrained and stays as it is,
/// known by its features alone; it is that of a captioner trained so, and goes on like that; or it is that of a
/// captioner, and is trained from some block on.
enum class TrainingWay { from_scratch, frozen, continued, fine_tuned };

// What the settings of these names may be.
inline constexpr std::array<std::string_view, 2> objective_names{"cross-entropy", "cider-d"};
inline constexpr std::array<std::string_view, 2> baseline_names{"samples", "greedy"};
inline constexpr std::array<std::string_view, 3> schedule_names{"plateau", "cosine", "warmup-stable-decay"};
inline constexpr std::array<std::string_view, 2> save_precision_names{"fp32", "bf16"};

/// What is learned, from what, and how. How the data are read is among it.
struct LearningSettings : pupil::captioning::FormOptions {
  std::string data;
  std::uint64_t split_seed = 0;        ///< decides the split where the data has no lists of its own
  std::string features;                ///< a cache of features; empty: the encoder sees pixels
  std::string weights;                 ///< the file of weights that the features were made by
  std::string weights_fingerprint;     ///< of these weights
  std::string start_from;              ///< a run, or its model, whose captioner is trained further; empty: none
  std::string start_from_fingerprint;  ///< of this model
  std::string finetune_from;           ///< the first block of the encoder's network that is trained then
  double encoder_learning_rate = 0;    ///< of that network; 0: a tenth of the learning rate
  bool freeze_statistics = true;       ///< whether its batch norms keep their running statistics then
  std::string encoder = "resnet18";
  pupil::Index encoder_width = 0;
  pupil::Index image_size = 224;
  pupil::Index resize_to = 0;  ///< 0: image_size * 8 / 7
  std::string decoder = "show_and_tell";
  pupil::Index embedding_size = 512;
  pupil::Index hidden_size = 512;
  pupil::Index attention_size = 512;  ///< of decoders that look at a grid
  bool gate = true;                   ///< of the attention decoder, as is the next
  double doubly_stochastic = 0;       ///< weight of looking at every place about as much in all
  bool project_output = false;        ///< of decoders that look at a grid, as is the next
  bool tie_weights = false;
  double dropout = 0.5;
  pupil::Index epochs = 30;
  pupil::Index batch_size = 32;
  pupil::Index captions_per_image = 5;
  pupil::Index max_caption_length = 30;
  pupil::Index min_count = 5;
  std::string tokens = "words";             ///< or "characters": what captions are cut into
  std::string objective = "cross-entropy";  ///< or "cider-d": captions that it says itself, by their scores
  pupil::Index samples = 5;                 ///< of each image, where captions are scored
  std::string baseline = "samples";         ///< what they have to be better than: one another, or "greedy" search
  double learning_rate = 4e-4;
  double max_gradient_norm = 5;
  double word_loss = 1;
  double label_smoothing = 0;
  double word_dropout = 0;               ///< probability that a word that the decoder reads is hidden
  double scheduled_sampling = 0;         ///< share of its own words that it reads in the last epoch
  double weight_decay = 0;               ///< AdamW's; not of biases and norms
  double moving_average = 0;             ///< decay of the averages of weights that are scored and saved; 0: none
  pupil::Index accumulate = 1;           ///< batches a step
  double color_jitter = 0;               ///< strength of changes of brightness, contrast and saturation
  double random_erasing = 0;             ///< probability that a part of an image is erased
  std::string word_vectors;              ///< a file of word vectors that the embedding begins with; empty: none
  std::string word_vectors_fingerprint;  ///< of this file
  std::string schedule = "plateau";
  double plateau_factor = 0.5;
  pupil::Index plateau_patience = 2;
  pupil::Index patience = 6;
  pupil::Index limit = 0;
  pupil::Index checkpoint_every = 200;
  std::string precision = "highest";
  std::string save_precision = "fp32";
  bool mirror = true;
  std::uint64_t seed = 0;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LearningSettings, data, form, captions_file, image_folder, image_column,
                                   caption_column, split_column, split_seed, features, weights, weights_fingerprint,
                                   start_from, start_from_fingerprint, finetune_from, encoder_learning_rate,
                                   freeze_statistics, save_precision, encoder, encoder_width, image_size, resize_to,
                                   decoder, embedding_size, hidden_size, attention_size, gate, doubly_stochastic,
                                   project_output, tie_weights, dropout, epochs, batch_size, captions_per_image,
                                   max_caption_length, min_count, learning_rate, max_gradient_norm, word_loss, schedule,
                                   plateau_factor, plateau_patience, patience, limit, checkpoint_every, precision,
                                   mirror, seed, label_smoothing, word_dropout, scheduled_sampling, weight_decay,
                                   moving_average, accumulate, color_jitter, random_erasing, word_vectors,
                                   word_vectors_fingerprint, objective, samples, baseline, tokens)

/// How the work on a batch is shared out.
struct SharingSettings {
  pupil::Index shards = 0;               ///< of every batch, each for itself; 0: one a rank, so one where it is alone
  bool shard_data = false;               ///< whether a shard has images of its own, the same in every epoch
  bool sync_batch_norm = false;          ///< whether batch norms see the whole batch
  pupil::Index scale_learning_rate = 0;  ///< images of the batches that it is for, others scale it; 0: it is for all
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SharingSettings, shards, shard_data, sync_batch_norm, scale_learning_rate)

struct TrainingSettings : LearningSettings, SharingSettings {
  TrainingWay way() const;
  bool reads_features() const { return !features.empty(); }
  bool starts_from_a_run() const { return !start_from.empty(); }
  bool trains_on_the_metric() const { return objective == "cider-d"; }
  /// Whether the batch norms of the encoder's network keep their running statistics in training.
  bool has_frozen_statistics() const { return way() == TrainingWay::fine_tuned && freeze_statistics; }
  pupil::Index resized() const { return resize_to > 0 ? resize_to : image_size * 8 / 7; }
  /// Of the model's weights in its file.
  pupil::ParameterPrecision model_precision() const {
    return save_precision == "bf16" ? pupil::ParameterPrecision::bf16 : pupil::ParameterPrecision::fp32;
  }
};

inline void to_json(nlohmann::json& json, const TrainingSettings& settings) {
  json = static_cast<const LearningSettings&>(settings);
  json.update(static_cast<const SharingSettings&>(settings));
}

inline void from_json(const nlohmann::json& json, TrainingSettings& settings) {
  json.get_to(static_cast<LearningSettings&>(settings));
  json.get_to(static_cast<SharingSettings&>(settings));
}

/// The settings that say where files lie: what they hold is another matter, and is checked where they are read.
inline constexpr std::array path_settings{"data", "features", "weights", "start_from", "word_vectors"};

/// Reads a settings.json. Throws FileError where it is missing or broken, or names what there is not.
TrainingSettings read_settings(const std::filesystem::path& path);

/// Writes a settings.json, with the paths as they are from any folder.
void write_settings(const std::filesystem::path& path, const TrainingSettings& settings);

}  // namespace captioner
