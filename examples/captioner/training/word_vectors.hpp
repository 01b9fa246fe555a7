#pragma once
// Word vectors that the words of a new captioner begin with.

#include <filesystem>
#include <string>

#include <pupil/models/captioner.hpp>

#include "training_settings.hpp"

namespace captioner {

/// 16 digits of a file of word vectors. Throws FileError where there is none.
std::string fingerprint_of_word_vectors(const std::filesystem::path& file);

/// The fingerprint of the settings' word vectors. Throws OptionError, naming both sizes, where these are of another
/// than the embedding's, and FileError where the file has none.
std::string check_word_vectors(const TrainingSettings& settings);

/// Gives the captioner's words the settings' vectors, and returns how many have one. Throws FileError where the file is
/// another than at the run's beginning, or not of GloVe's form.
pupil::Index load_word_vectors(const TrainingSettings& settings, pupil::captioning::Captioner<float>& model);

}  // namespace captioner
