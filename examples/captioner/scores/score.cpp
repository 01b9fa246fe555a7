// captioner score: scores the captions of anybody, without a model.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/io/atomic_file.hpp>
#include <pupil/io/file_lock.hpp>
#include <pupil/metrics/caption_statistics.hpp>
#include <pupil/metrics/scores.hpp>
#include <pupil/text/tokenizer.hpp>

#include "../../command_line/program.hpp"
#include "../commands.hpp"
#include "../common/interruption.hpp"
#include "../common/kept_inputs.hpp"
#include "caption_sets.hpp"
#include "score_report.hpp"

namespace captioner {

namespace {

struct ScoreArguments {
  std::string candidates;
  std::string references;
  std::string training;
  std::string json;
};

/// Which image each candidate is of, by its place among the references. Throws FileError where an image has none, or
/// has two candidates.
std::vector<std::size_t> images_of(const std::vector<Candidate>& candidates, const References& references,
                                   const ScoreArguments& arguments) {
  std::vector<std::size_t> images;
  std::vector<const Candidate*> candidate_of(references.images().size(), nullptr);
  for (const Candidate& candidate : candidates) {
    const std::string named =
        pupil::message(arguments.candidates, ": ", candidate.place, ": image ", pupil::visible(candidate.image));
    const auto image = references.find(candidate.image);
    pupil::require<pupil::FileError>(image.has_value(), named, " has no reference in ", arguments.references,
                                     " (whose first is of ", pupil::visible(references.images().front().name), ")");
    if (const Candidate* const other = std::exchange(candidate_of[*image], &candidate)) {
      throw pupil::FileError(pupil::message(named, " has a candidate already, at ", other->place));
    }
    images.push_back(*image);
  }
  return images;
}

std::vector<pupil::captioning::Sentence> tokenized(const std::vector<std::string>& captions) {
  std::vector<pupil::captioning::Sentence> sentences;
  for (const std::string& caption : captions) sentences.push_back(pupil::captioning::tokenize(caption));
  return sentences;
}

/// The captions of a file of references that were trained on; none where no file is named.
std::optional<std::vector<pupil::captioning::Sentence>> read_training(const std::string& path,
                                                                      std::vector<std::string>& remarks) {
  if (path.empty()) return std::nullopt;
  std::vector<pupil::captioning::Sentence> captions;
  const References references = read_references(path, remarks);
  for (const CaptionedName& image : references.images()) {
    for (pupil::captioning::Sentence& sentence : tokenized(image.captions)) captions.push_back(std::move(sentence));
  }
  return captions;
}

void write_report(const ScoreArguments& arguments, nlohmann::ordered_json json,
                  const std::vector<Candidate>& candidates, const std::vector<std::vector<std::string>>& references,
                  const pupil::captioning::CaptionScores& scores) {
  auto& captions = json["captions"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    captions.push_back(scored_caption(candidates[i].image, candidates[i].caption, references[i], scores, i));
  }
  pupil::write_file_atomically(arguments.json,
                               json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void score(const ScoreArguments& arguments) {
  command_line::require_output();
  note_interruptions();
  std::optional<pupil::captioning::FileLock> lock;
  if (!arguments.json.empty()) {
    require_input_kept("--json", arguments.json, {arguments.candidates, arguments.references, arguments.training});
    lock.emplace(pupil::captioning::lock_output(arguments.json));
    pupil::TemporaryFile{arguments.json};  // throws now where it would after the work
  }
  std::vector<std::string> remarks;
  const std::vector<Candidate> candidates = read_candidates(arguments.candidates, remarks);
  const References references = read_references(arguments.references, remarks);
  const auto training = read_training(arguments.training, remarks);
  const std::vector<std::size_t> images = images_of(candidates, references, arguments);
  for (const std::string& remark : remarks) command_line::complain("captioner", remark);
  stop_if_interrupted();

  std::vector<pupil::captioning::Sentence> sentences;
  std::vector<std::vector<std::string>> reference_texts;
  std::vector<std::vector<pupil::captioning::Sentence>> reference_sentences;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    sentences.push_back(pupil::captioning::tokenize(candidates[i].caption));
    reference_texts.push_back(references.images()[images[i]].captions);
    reference_sentences.push_back(tokenized(reference_texts.back()));
  }
  const pupil::captioning::CaptionScores scores = pupil::captioning::score_captions(sentences, reference_sentences);
  const pupil::captioning::CaptionStatistics statistics = pupil::captioning::caption_statistics(sentences, training);
  stop_if_interrupted();

  const std::size_t not_captioned = references.images().size() - candidates.size();
  if (!arguments.json.empty()) {
    const nlohmann::ordered_json head{{"images", candidates.size()},
                                      {"not_captioned", not_captioned},
                                      {"scores", json_of(scores)},
                                      {"statistics", json_of(statistics)}};
    write_report(arguments, head, candidates, reference_texts, scores);
  }
  std::string text = pupil::message("images   ", candidates.size(), "\n");
  if (not_captioned > 0) text += pupil::message("not captioned, and not scored  ", not_captioned, "\n");
  command_line::write_output(text + scores_text(scores) + statistics_text(statistics));
}

constexpr const char* how_captions_are_read =
    "FILE of candidates: COCO's results, an array of {\"image_id\": number or text, \"caption\": text}, or CSV with "
    "the\n"
    "columns image and caption, as `captioner caption --format csv` writes it. An image has one; an empty caption "
    "scores 0.\n"
    "FILE of references: COCO's annotations, {\"images\": [{\"id\", \"file_name\"}], \"annotations\": [{\"image_id\",\n"
    "\"caption\"}]}, Flickr8k's captions.txt or other CSV with the columns image and caption, or its "
    "Flickr8k.token.txt.\n"
    "Which of these a file is, its beginning says, not its name. Candidates name an image by its id, by its file, or "
    "by a\n"
    "path that ends in the name of its file. References of images without a candidate are counted, but not scored, and "
    "do\n"
    "not count in CIDEr-D's document frequencies.\n\n";

}  // namespace

void add_score_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command = app.add_subcommand("score", "Score captions that are in a file, without a model");
  const auto arguments = std::make_shared<ScoreArguments>();
  command->add_option("--candidates", arguments->candidates, "The captions to score: JSON or CSV, as said below")
      ->required();
  command
      ->add_option("--references", arguments->references, "What people wrote of the same images: JSON, CSV or tokens")
      ->required();
  command->add_option("--training", arguments->training,
                      "Captions that were trained on, in a form of references: count the candidates among them");
  command->add_option("--json", arguments->json, "Write scores and every caption to this file");
  command->footer(std::string(how_captions_are_read) + how_figures_are_meant);
  command->callback([arguments] { score(*arguments); });
}

}  // namespace captioner
