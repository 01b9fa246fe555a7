#pragma once
// A Captioner in one safetensors file: its weights under their names; its options and vocabulary in the metadata.

#include <algorithm>
#include <array>
#include <filesystem>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/io/checkpoint.hpp>
#include <pupil/models/captioner.hpp>
#include <pupil/models/metadata.hpp>
#include <pupil/models/training_record.hpp>
#include <pupil/models/word_forms_file.hpp>

namespace pupil::captioning {

/// What a file says of a captioner besides its weights.
struct CaptionerDescription {
  CaptionerOptions options;
  Vocabulary vocabulary;
  std::optional<TrainingRecord> training = {};  ///< what it was trained on; files of earlier versions do not say
};

namespace detail {

/// What the metadata calls this kind of file.
inline constexpr std::string_view captioner_format = "pupil captioner 2";
/// In files of this one the image's projection was the encoder's.
inline constexpr std::string_view first_captioner_format = "pupil captioner 1";

/// All options of a captioner, visited by name.
template <class Options, class Visitor>
void visit_options(Options& options, Visitor&& visitor) {
  visitor("encoder", options.encoder);
  visitor("encoder_width", options.encoder_width);
  visitor("same_padding", options.same_padding);
  visitor("image_size", options.image_size);
  visitor("resize_to", options.resize_to);
  visitor("decoder", options.decoder);
  visitor("embedding_size", options.embedding_size);
  visitor("hidden_size", options.hidden_size);
  visitor("attention_size", options.attention_size);
  visitor("gated", options.gated);
  visitor("projected", options.projected);
  visitor("tied", options.tied);
  visitor("dropout", options.dropout);
  visitor("max_caption_length", options.max_caption_length);
  pupil::detail::visit_normalization(options.normalization, visitor);
}

inline Vocabulary read_vocabulary(const SafetensorsFile& file) {
  std::istringstream lines(file.metadata("vocabulary"));
  std::vector<std::string> words;
  for (std::string word; std::getline(lines, word);) words.push_back(word);
  try {
    return Vocabulary::from_words(std::move(words));
  } catch (const Error& error) {
    throw FileError(message(file.path().string(), ": ", error.what()));
  }
}

/// Whether files had no such option at first: it then has the value that it has where nothing is said.
inline bool is_later_option(std::string_view key) {
  constexpr std::array later{"same_padding", "decoder", "attention_size", "gated", "projected", "tied"};
  return std::find(later.begin(), later.end(), key) != later.end();
}

inline CaptionerOptions read_options(const SafetensorsFile& file) {
  CaptionerOptions options;
  visit_options(options, [&](std::string_view key, auto& value) {
    const bool older = is_later_option(key) && !file.metadata().contains(key);
    if (!older) pupil::detail::from_text(file, key, file.metadata(key), value);
  });
  return options;
}

/// A model, visited under the names that files of the first format have.
template <class Model>
class FirstFormatNames {
 public:
  FirstFormatNames(Model& model, const std::string& encoder)
      : model_(model), projection_(encoder == "small" ? "encoder.13" : "encoder.fc") {}

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    model_.visit([&](const Name& own, auto& item) { visitor(Name() / renamed(own.str()), item); }, name);
  }

 private:
  std::string renamed(std::string name) const {
    const auto replace = [&](std::string_view now, std::string_view then) {
      if (const auto at = name.find(now); at != std::string::npos) name.replace(at, now.size(), then);
    };
    replace("decoder.image.fc", projection_);
    replace("decoder.image.norm", "encoder.norm");
    return name;
  }

  Model& model_;
  std::string_view projection_;
};

/// An untrained captioner of the kind that the metadata describe.
template <class T>
Captioner<T> make_captioner(const SafetensorsFile& file, const CaptionerDescription& description, Rng& rng) {
  try {
    return Captioner<T>(description.options, description.vocabulary, rng);
  } catch (const Error& error) {
    throw FileError(message(file.path().string(), ": ", error.what()));
  } catch (const std::bad_alloc&) {
    throw FileError(message(file.path().string(), ": its metadata describe a model too large for the memory here"));
  }
}

}  // namespace detail

/// Adds a captioner, weights and metadata, to what is being collected for a file.
template <class T>
void add_captioner(CheckpointWriter& writer, const std::string& prefix, Captioner<T>& captioner, bool with_generators) {
  writer.add(prefix, captioner, with_generators);
  SafetensorsWriter& tensors = writer.tensors();
  tensors.set_metadata("format", std::string(detail::captioner_format));
  detail::visit_options(captioner.options(), [&](std::string_view key, const auto& value) {
    tensors.set_metadata(std::string(key), pupil::detail::to_text(value));
  });
  std::string words;
  for (const std::string& word : captioner.vocabulary().words()) words += word + '\n';
  tensors.set_metadata("vocabulary", words);
}

/// Throws FileError, naming what is wrong, where the file holds no captioner.
inline CaptionerDescription read_captioner_description(const SafetensorsFile& file) {
  const auto& metadata = file.metadata();
  const auto format = metadata.find("format");
  const bool is_known = format != metadata.end() && (format->second == detail::captioner_format ||
                                                     format->second == detail::first_captioner_format);
  require<FileError>(is_known, file.path().string(), ": not a captioner's model");
  return {detail::read_options(file), detail::read_vocabulary(file), read_training_record(file)};
}

/// Reads a captioner, or an optimizer of one, from a captioner's file of any version, as read_model does.
template <class Model>
void read_captioner_part(const SafetensorsFile& file, const CaptionerDescription& description,
                         const std::string& prefix, Model& model, bool with_generators = true) {
  if (file.metadata("format") == detail::first_captioner_format) {
    detail::FirstFormatNames<Model> names(model, description.options.encoder);
    read_model(file, prefix, names, with_generators);
  } else {
    read_model(file, prefix, model, with_generators);
  }
}

/// Makes a captioner with the weights that lie under `prefix`. The description may differ from the file's in options
/// that are for training alone; generators that are not read from the file come from `rng`. Throws FileError, naming
/// what is wrong, where the weights are those of another model.
template <class T>
Captioner<T> read_captioner(const SafetensorsFile& file, const CaptionerDescription& description,
                            const std::string& prefix = "", bool with_generators = false, Rng rng = Rng(0)) {
  rng = rng.leaving_weights();
  auto captioner = detail::make_captioner<T>(file, description, rng);
  read_captioner_part(file, description, prefix, captioner, with_generators);
  return captioner;
}

/// The same, with the file's own description.
template <class T>
Captioner<T> read_captioner(const SafetensorsFile& file, const std::string& prefix = "", bool with_generators = false) {
  return read_captioner<T>(file, read_captioner_description(file), prefix, with_generators);
}

/// Writes the captioner for use, what it was trained on where that is given, and how people write its words: all or
/// nothing. Throws FileError, and an older file stays.
template <class T>
void save_captioner(const std::filesystem::path& path, Captioner<T>& captioner,
                    ParameterPrecision precision = ParameterPrecision::fp32,
                    const std::optional<TrainingRecord>& training = std::nullopt, const WordForms& word_forms = {}) {
  CheckpointWriter writer(precision);
  add_captioner(writer, "", captioner, false);
  if (training) write_training_record(writer.tensors(), *training);
  if (!word_forms.all().empty()) write_word_forms(writer.tensors(), word_forms);
  writer.write(path);
}

/// Reads what save_captioner wrote.
template <class T>
Captioner<T> load_captioner(const std::filesystem::path& path) {
  return read_captioner<T>(SafetensorsFile(path));
}

}  // namespace pupil::captioning
