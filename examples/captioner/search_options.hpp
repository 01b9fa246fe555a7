#pragma once
// How captions are searched for, as options of a command.

#include <CLI/CLI.hpp>

#include <pupil/models/beam_search.hpp>

#include "../command_line/number_checks.hpp"

namespace captioner {

inline void add_search_options(CLI::App& command, pupil::BeamSearchOptions& search) {
  command.add_option("--beam", search.width, "Width of the beam; 1 is greedy")
      ->check(command_line::from_to(1, 100))
      ->capture_default_str();
  command.add_option("--length-penalty", search.length_penalty, "Compare captions by log probability / length^this")
      ->check(command_line::from_to(0.0, 10.0))
      ->capture_default_str();
  command
      .add_option("--max-length", search.max_length,
                  "Longest caption, in words; without it, as long as the captioner was made for")
      ->check(command_line::from_to(1, 1000));
}

}  // namespace captioner
