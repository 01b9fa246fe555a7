#pragma once
// How captions are made, as options of a command: searched for by a beam, or drawn by chance.

#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include <pupil/core/shape.hpp>

namespace captioner {

using pupil::Index;

/// As they were given; what was not is chosen for the model (caption_settings.hpp).
struct SearchOptions {
  std::optional<Index> beam;
  std::optional<double> length_penalty;
  std::optional<Index> captions;  ///< of each image
  Index most_alternatives = 1;    ///< where `captions` is not given: so many, but no more than the beam finds anyway
  std::optional<Index> groups;    ///< of the beam
  std::optional<double> diversity;

  bool sample = false;
  std::optional<double> temperature;
  std::optional<Index> top_k;
  std::optional<double> top_p;
  std::optional<std::uint64_t> seed;  ///< each command has its own option for it

  std::optional<Index> max_length;
  Index min_length = 0;
  Index block_ngrams = 0;
  std::optional<bool> no_repetition;
  std::string never;  ///< a file
  std::string begin;

  bool mirror_too = false;
};

void add_search_options(CLI::App& command, SearchOptions& options);

/// Throws OptionError, naming the value, where options exclude each other.
void check_search_options(const SearchOptions& options);

}  // namespace captioner
