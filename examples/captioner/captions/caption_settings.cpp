#include "caption_settings.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include <pupil/core/utf8.hpp>
#include <pupil/data/captioned_images.hpp>
#include <pupil/io/text_file.hpp>
#include <pupil/text/characters.hpp>

#include "../../command_line/program.hpp"

namespace captioner {

namespace {

/// The word of a line of the file; empty where there is none.
std::string word_of_line(std::string_view line, const pupil::captioning::TextFile& file, std::size_t number) {
  const pupil::captioning::Sentence words = pupil::captioning::tokenize(line);
  pupil::require<pupil::FileError>(words.size() <= 1, file.name(), ": line ", number, ": \"", pupil::visible(line),
                                   "\" is more than one word");
  return words.empty() ? std::string() : words.front();
}

/// Words that are never said. Those that the captioner does not know are named, for they may be misspelt.
std::vector<std::int32_t> read_never(const std::string& path, const CaptionDefaults& defaults) {
  const pupil::captioning::TextFile file(path);
  pupil::captioning::require_utf8(file.text(), file.name());
  std::vector<std::int32_t> never;
  pupil::captioning::LeftOut unknown;
  pupil::captioning::LineReader lines(file.text());
  for (std::string_view line; lines.next(line);) {
    const std::string word = word_of_line(line, file, lines.number());
    if (word.empty()) continue;
    const std::int32_t id = defaults.vocabulary.id(word);
    if (id == pupil::captioning::Vocabulary::unknown) {
      unknown.add(word);
    } else {
      never.push_back(id);
    }
  }
  std::ranges::sort(never);
  never.erase(std::unique(never.begin(), never.end()), never.end());
  const std::size_t sayable = defaults.vocabulary.words().size() - pupil::captioning::Vocabulary::special_words.size();
  pupil::require<pupil::OptionError>(never.size() < sayable, "--never: ", path, " leaves no word of the ", sayable,
                                     " of ", defaults.model);
  if (unknown.count > 0) {
    command_line::complain("captioner",
                           pupil::message(path, ": ", unknown.count, unknown.count == 1 ? " word is" : " words are",
                                          " unknown to ", defaults.model, " (", unknown.names(), ")"));
  }
  return never;
}

/// The words of --begin. One that is not to be said is refused.
std::vector<std::int32_t> read_begin(const SearchOptions& options, const std::vector<std::int32_t>& never,
                                     const CaptionDefaults& defaults) {
  const pupil::captioning::CaptionTokens tokens =
      pupil::captioning::tokens_of(defaults.vocabulary).value_or(pupil::captioning::CaptionTokens::words);
  const pupil::captioning::Sentence words = pupil::captioning::tokenize_as(options.begin, tokens);
  pupil::require<pupil::OptionError>(!words.empty() || options.begin.empty(), "--begin: there is no word in \"",
                                     pupil::visible(options.begin), '"');
  std::vector<std::int32_t> begin;
  for (const std::string& word : words) {
    begin.push_back(defaults.vocabulary.id(word));
    pupil::require<pupil::OptionError>(begin.back() != pupil::captioning::Vocabulary::unknown, "--begin: \"",
                                       pupil::visible(word), "\" is no word that ", defaults.model, " knows");
    pupil::require<pupil::OptionError>(std::ranges::find(never, begin.back()) == never.end(), "--begin: \"",
                                       pupil::visible(word), "\" is not to be said by --never, ", options.never);
  }
  return begin;
}

pupil::captioning::CaptionConstraints constraints(const SearchOptions& options, const CaptionDefaults& defaults) {
  const Index longest = options.max_length.value_or(defaults.max_length);
  pupil::require<pupil::OptionError>(options.min_length <= longest, "--min-length is ", options.min_length,
                                     ", more than the longest caption of ", defaults.model, ", ", longest);
  pupil::captioning::CaptionConstraints result{
      .min_length = options.min_length,
      .block_ngrams = options.block_ngrams,
      .no_repetition = options.no_repetition.value_or(defaults.decoding.no_repetition && !options.sample),
      .conjunctions = pupil::captioning::conjunctions(defaults.vocabulary)};
  if (!options.never.empty()) result.never = read_never(options.never, defaults);
  result.begin = read_begin(options, result.never, defaults);
  pupil::require<pupil::OptionError>(static_cast<Index>(result.begin.size()) < longest, "--begin: \"",
                                     pupil::visible(options.begin), "\" has ", result.begin.size(),
                                     " words, captions have ", longest, " at most");
  return result;
}

/// A beam that is wide enough for what is wanted of it, where no width was given.
Index beam_width(const SearchOptions& options, const CaptionDefaults& defaults) {
  if (options.beam) return *options.beam;
  return std::max({defaults.decoding.beam, options.captions.value_or(1), options.groups.value_or(1)});
}

}  // namespace

CaptionSettings caption_settings(const SearchOptions& options, const CaptionDefaults& defaults) {
  if (options.sample) {
    return pupil::captioning::SamplingOptions{.samples = options.captions.value_or(1),
                                              .max_length = options.max_length,
                                              .draw = {.temperature = options.temperature.value_or(1),
                                                       .top_k = options.top_k.value_or(0),
                                                       .top_p = options.top_p.value_or(1)},
                                              .seed = options.seed.value_or(0),
                                              .constraints = constraints(options, defaults)};
  }
  const Index width = beam_width(options, defaults);
  pupil::captioning::BeamSearchOptions search{
      .width = width,
      .max_length = options.max_length,
      .length_penalty = options.length_penalty.value_or(defaults.decoding.length_penalty),
      .captions = options.captions.value_or(std::min(width, options.most_alternatives)),
      .groups = options.groups.value_or(1),
      .constraints = constraints(options, defaults)};
  search.diversity = options.diversity.value_or(search.diversity);
  return search;
}

}  // namespace captioner
