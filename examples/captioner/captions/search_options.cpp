#include "search_options.hpp"

#include <cstdint>
#include <string_view>

#include <pupil/core/errors.hpp>

#include "../../command_line/number_checks.hpp"

namespace captioner {

namespace {

using command_line::from_to;

constexpr Index widest_beam = 100;
constexpr Index most_samples = 1000;
constexpr Index most_words = 1000;

void add_beam_options(CLI::App& command, SearchOptions& options) {
  command
      .add_option("--beam", options.beam,
                  "Width of the beam; 1 is greedy. Not given: what captioner tune chose for the model")
      ->check(from_to(Index{1}, widest_beam))
      ->default_str("1");
  command
      .add_option("--length-penalty", options.length_penalty,
                  "Compare captions by log probability / length^this. Not given: what captioner tune chose")
      ->check(from_to(0.0, 10.0))
      ->default_str("0");
  command
      .add_option("--captions", options.captions,
                  "How many captions of each image, with the probability of each: the best that the beam finds, or so "
                  "many samples")
      ->check(from_to(Index{1}, most_samples));
  command.add_option("--diverse", options.groups, "Cut the beam into so many groups that avoid each other's words")
      ->check(from_to(Index{1}, widest_beam));
  command
      .add_option("--diversity", options.diversity,
                  "What a word's log probability loses for each group before that chose it at the same step")
      ->check(from_to(0.0, 100.0))
      ->default_str("0.5");
}

void add_sampling_options(CLI::App& command, SearchOptions& options) {
  command.add_flag("--sample", options.sample, "Draw the words by chance, as probable as the captioner finds them");
  command
      .add_option("--temperature", options.temperature,
                  "Of --sample: below 1 probable words become more so, above 1 less")
      ->check(from_to(0.01, 100.0))
      ->default_str("1");
  command.add_option("--top-k", options.top_k, "Of --sample: draw among so many of the most probable words only")
      ->check(from_to(Index{1}, Index{1'000'000}));
  command
      .add_option("--top-p", options.top_p,
                  "Of --sample: draw among the fewest words that have this much of the probability")
      ->check(from_to(0.001, 1.0))
      ->default_str("1");
}

void add_constraint_options(CLI::App& command, SearchOptions& options) {
  command
      .add_option("--max-length", options.max_length,
                  "Longest caption, in words; without it, as long as the captioner was made for")
      ->check(from_to(Index{1}, most_words));
  command.add_option("--min-length", options.min_length, "Shortest caption, in words")
      ->check(from_to(Index{0}, most_words))
      ->capture_default_str();
  command
      .add_option("--block-ngrams", options.block_ngrams,
                  "Say no so many words in a row twice in a caption; 0: all may come again")
      ->check(from_to(Index{0}, most_words))
      ->capture_default_str();
  command
      .add_flag_function(
          "--no-repetition,!--repetition", [&options](std::int64_t said) { options.no_repetition = said > 0; },
          "Say nothing twice: no \"a a dog\", \"a bike on a bike\", \"black and black\". Not given: what captioner "
          "tune chose for the model")
      ->take_last();
  command.add_option("--never", options.never, "File of words that are not said, one a line");
  command.add_option("--begin", options.begin, "The words that every caption begins with, as in \"a photo of\"");
}

/// Throws unless what is given is of use.
template <class Value>
void require_use(const std::optional<Value>& given, std::string_view option, bool is_of_use, std::string_view reason) {
  if (given) pupil::require<pupil::OptionError>(is_of_use, option, " is ", *given, ", ", reason);
}

void check_sampling(const SearchOptions& options) {
  constexpr std::string_view drawn = "but --sample searches for nothing, it draws words by chance";
  require_use(options.beam, "--beam", !options.sample || options.beam == 1, drawn);
  require_use(options.length_penalty, "--length-penalty", !options.sample || options.length_penalty == 0, drawn);
  require_use(options.groups, "--diverse", !options.sample, drawn);
  constexpr std::string_view searched = "but without --sample no word is drawn by chance";
  require_use(options.temperature, "--temperature", options.sample, searched);
  require_use(options.top_k, "--top-k", options.sample, searched);
  require_use(options.top_p, "--top-p", options.sample, searched);
}

void check_beam(const SearchOptions& options) {
  require_use(options.diversity, "--diversity", options.groups.has_value(),
              "but without --diverse there are no groups");
  require_use(options.captions, "--captions", options.sample || options.captions.value_or(1) <= widest_beam,
              "more than the widest beam, 100");
  if (!options.beam || options.sample) return;
  const std::string more = pupil::message("more than --beam, ", *options.beam);
  require_use(options.groups, "--diverse", options.groups.value_or(1) <= *options.beam, more);
  require_use(options.captions, "--captions", options.captions.value_or(1) <= *options.beam, more);
}

}  // namespace

void add_search_options(CLI::App& command, SearchOptions& options) {
  add_beam_options(command, options);
  add_sampling_options(command, options);
  add_constraint_options(command, options);
  command.add_flag("--mirror-too", options.mirror_too,
                   "Average each word's probability over the image and its mirror image");
}

void check_search_options(const SearchOptions& options) {
  check_sampling(options);
  check_beam(options);
  if (options.max_length) {
    pupil::require<pupil::OptionError>(options.min_length <= *options.max_length, "--min-length is ",
                                       options.min_length, ", more than --max-length, ", *options.max_length);
  }
}

}  // namespace captioner
