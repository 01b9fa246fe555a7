// How captions are searched for or drawn, as options of caption and evaluate.

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/io/safetensors.hpp>
#include <pupil/metrics/caption_statistics.hpp>

#include "program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// Captions one picture, with more options.
Finished caption_one(const Arguments& more) {
  return run_program(Arguments{"caption", "--run", trained().run.string(), trained().image(0)} + more);
}

/// The second field of each line.
std::vector<std::string> captions_in(const std::string& out) {
  std::vector<std::string> captions;
  for (const std::string& line : lines_of(out)) {
    const std::size_t begin = line.find('\t') + 1;
    captions.push_back(line.substr(begin, line.find('\t', begin) - begin));
  }
  return captions;
}

std::vector<std::string> words_in(const std::string& caption) {
  std::istringstream stream(caption);
  return {std::istream_iterator<std::string>(stream), {}};
}

/// Trains on the same pictures, of which people said something else.
std::filesystem::path train_on_other_words(const TemporaryFolder& folder) {
  const auto data = copy_of(trained().data, folder / "data");
  std::string captions = file_text(data / "captions.txt");
  for (std::size_t at = 0; (at = captions.find("circle", at)) != std::string::npos;) captions.replace(at, 6, "disc");
  put_file(data / "captions.txt", captions);
  REQUIRE(run_program(tiny_training(data, folder / "run")).status == 0);
  return folder / "run";
}

}  // namespace

TEST_CASE("--captions gives so many captions of an image, each with its probability, the best first") {
  if (!has_program()) return;
  const Finished text = caption_one({"--captions", "4"});
  CHECK(text.status == 0);
  CHECK(text.err.empty());
  const auto lines = lines_of(text.out);
  REQUIRE(lines.size() == 4);
  double before = 1;
  for (const std::string& line : lines) {
    CHECK(std::count(line.begin(), line.end(), '\t') == 2);
    const double probability = std::stod(line.substr(line.rfind('\t') + 1));
    CHECK(probability > 0);
    CHECK(probability <= before);
    before = probability;
  }
  const auto captions = captions_in(text.out);
  CHECK(std::set<std::string>(captions.begin(), captions.end()).size() == 4);
  CHECK(captions_in(caption_one({"--beam", "4"}).out).front() == captions.front());

  const auto json = nlohmann::json::parse(caption_one({"--captions", "4", "--format", "json"}).out);
  REQUIRE(json.at("captions").size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& entry = json.at("captions")[i];
    CHECK(entry.at("caption") == captions[i]);
    CHECK(std::exp(entry.at("log_probability").get<double>()) ==
          doctest::Approx(entry.at("probability").get<double>()));
  }
  const auto rows = lines_of(caption_one({"--captions", "4", "--format", "csv"}).out);
  REQUIRE(rows.size() == 5);
  CHECK(rows.front() == "image,caption,probability");
}

TEST_CASE("samples are drawn by the seed, the same on any number of threads") {
  if (!has_program()) return;
  const Arguments sample{"--sample", "--captions", "6", "--seed", "3"};
  const Finished first = caption_one(sample + Arguments{"--threads", "1"});
  CHECK(first.status == 0);
  CHECK(line_count(first.out) == 6);
  CHECK(caption_one(sample + Arguments{"--threads", "2"}).out == first.out);
  CHECK(caption_one({"--sample", "--captions", "6", "--seed", "4"}).out != first.out);
  const std::string greedy = caption_one({}).out;
  CHECK(caption_one({"--sample", "--top-k", "1"}).out == greedy);
  CHECK(caption_one({"--sample", "--top-p", "0.001"}).out == greedy);
}

TEST_CASE("an image's samples are the same whichever images stand behind it") {
  if (!has_program()) return;
  const Finished two = caption_one({trained().image(1), "--sample", "--seed", "3"});
  REQUIRE(line_count(two.out) == 2);
  CHECK(lines_of(two.out).front() + "\n" == caption_one({"--sample", "--seed", "3"}).out);
}

TEST_CASE("groups of a diverse beam begin with different words where they must") {
  if (!has_program()) return;
  const Finished finished = caption_one({"--diverse", "3", "--diversity", "100", "--captions", "3"});
  CHECK(finished.status == 0);
  std::set<std::string> first_words;
  for (const std::string& caption : captions_in(finished.out)) {
    first_words.insert(caption.empty() ? std::string() : words_in(caption).front());
  }
  CHECK(first_words.size() == 3);
}

TEST_CASE("what captions may not say holds for greedy search, beams and samples") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string file = (folder / "never.txt").string();
  put_file(file, "Red\n\nblue\r\ngreen\nunheard\n");
  for (const Arguments& way : {Arguments{}, Arguments{"--beam", "3", "--captions", "3"},
                               Arguments{"--sample", "--captions", "8", "--temperature", "2"}}) {
    const Finished never = caption_one(way + Arguments{"--never", file});
    CHECK(never.status == 0);
    CHECK(never.err == message("captioner: ", file, ": 1 word is unknown to ", trained().run.string(), " (unheard)\n"));
    for (const std::string& caption : captions_in(never.out)) {
      for (const std::string& word : words_in(caption)) CHECK((word != "red" && word != "blue" && word != "green"));
    }
    const Finished begun =
        caption_one(way + Arguments{"--begin", "A circle!", "--min-length", "7", "--block-ngrams", "1"});
    CHECK(begun.status == 0);
    for (const std::string& caption : captions_in(begun.out)) {
      CHECK(caption.starts_with("a circle "));
      const auto words = words_in(caption);
      CHECK(words.size() >= 7);
      CHECK(std::set<std::string>(words.begin(), words.end()).size() == words.size());
    }
    const Finished unrepeated = caption_one(way + Arguments{"--no-repetition"});
    CHECK(unrepeated.status == 0);
    for (const std::string& caption : captions_in(unrepeated.out)) {
      CAPTURE(caption);
      CHECK_FALSE(has_repetition(words_in(caption)));
    }
    CHECK(caption_one(way + Arguments{"--no-repetition", "--repetition"}).out == caption_one(way).out);
  }
}

TEST_CASE("several runs speak as one, and so does one run of the image and its mirror image") {
  if (!has_program()) return;
  const std::string run = trained().run.string();
  const Finished alone = caption_one({"--captions", "2"});
  const Finished twice = caption_one({"--captions", "2", "--run", run});
  CHECK(twice.status == 0);
  CHECK(captions_in(twice.out) == captions_in(alone.out));
  const TemporaryFolder folder;
  const auto other = folder / "other";
  REQUIRE(run_program(tiny_training(trained().data, other) + Arguments{"--seed", "6"}).status == 0);
  const Finished both = caption_one({"--captions", "2", "--run", other.string(), "--mirror-too"});
  CHECK(both.status == 0);
  CHECK(line_count(both.out) == 2);
  CHECK(both.out != alone.out);
  const Finished mirrored = caption_one({"--captions", "2", "--mirror-too", "--format", "json"});
  CHECK(mirrored.status == 0);
  CHECK(mirrored.out != caption_one({"--captions", "2", "--format", "json"}).out);  // in their probabilities, at least
}

TEST_CASE("members of an ensemble each get images as they want them") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto larger = folder / "larger";
  REQUIRE(run_program(tiny_training(trained().data, larger) + Arguments{"--image-size", "40", "--resize-to", "44"})
              .status == 0);
  const Finished finished = caption_one({"--run", larger.string(), "--beam", "2"});
  INFO(finished.err);
  CHECK(finished.status == 0);
  CHECK(line_count(finished.out) == 1);
  const Finished scored = run_program({"evaluate", "--run", trained().run.string(), "--run", larger.string(), "--data",
                                       trained().data.string(), "--mirror-too"});
  INFO(scored.err);
  CHECK(scored.status == 0);
}

TEST_CASE("runs of other words are no ensemble") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string other = train_on_other_words(folder).string();
  check_refused(caption_one({"--run", other}), {"ensemble", trained().run.string(), other, "other words"});
}

TEST_CASE("evaluate scores the first of several captions, and writes them all") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto evaluate = [&](const Arguments& more) {
    const std::string file = (folder / "scores.json").string();
    const Finished finished = run_program(
        Arguments{"evaluate", "--run", trained().run.string(), "--data", trained().data.string(), "--json", file} +
        more);
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    return nlohmann::json::parse(file_text(file));
  };
  const auto several = evaluate({"--beam", "3", "--captions", "3", "--length-penalty", "0.5"});
  CHECK(several.at("beam") == 3);
  CHECK(several.at("length_penalty") == 0.5);
  for (const auto& entry : several.at("captions")) {
    REQUIRE(entry.at("all").size() == 3);
    CHECK(entry.at("all")[0].at("caption") == entry.at("caption"));
  }
  CHECK(evaluate({"--beam", "3", "--length-penalty", "0.5"}).at("scores") == several.at("scores"));
  const auto drawn = evaluate({"--sample", "--temperature", "1.5", "--seed", "4"});
  CHECK(drawn.at("sample").at("temperature") == 1.5);
  CHECK(drawn.at("sample").at("seed") == 4);
  CHECK_FALSE(drawn.contains("beam"));
}

TEST_CASE("options that exclude each other are refused, naming the value, and nothing is written") {
  if (!has_program()) return;
  const std::vector<std::pair<Arguments, std::string>> cases{
      {{"--sample", "--beam", "3"}, "--beam is 3, but --sample searches for nothing, it draws words by chance"},
      {{"--sample", "--length-penalty", "0.5"},
       "--length-penalty is 0.5, but --sample searches for nothing, it draws words by chance"},
      {{"--sample", "--diverse", "2"}, "--diverse is 2, but --sample searches for nothing, it draws words by chance"},
      {{"--top-k", "5"}, "--top-k is 5, but without --sample no word is drawn by chance"},
      {{"--top-p", "0.5"}, "--top-p is 0.5, but without --sample no word is drawn by chance"},
      {{"--temperature", "2"}, "--temperature is 2, but without --sample no word is drawn by chance"},
      {{"--beam", "3", "--diverse", "4"}, "--diverse is 4, more than --beam, 3"},
      {{"--beam", "3", "--captions", "4"}, "--captions is 4, more than --beam, 3"},
      {{"--captions", "101"}, "--captions is 101, more than the widest beam, 100"},
      {{"--diversity", "0.5"}, "--diversity is 0.5, but without --diverse there are no groups"},
      {{"--min-length", "5", "--max-length", "4"}, "--min-length is 5, more than --max-length, 4"},
      {{"--min-length", "900"},
       message("--min-length is 900, more than the longest caption of ", trained().run.string(), ", 30")},
      {{"--begin", "a photo of"}, message("--begin: \"photo\" is no word that ", trained().run.string(), " knows")},
      {{"--begin", "..."}, "--begin: there is no word in \"...\""},
      {{"--begin", "a a", "--max-length", "2"}, "--begin: \"a a\" has 2 words, captions have 2 at most"},
      {{"--temperature", "0"}, "--temperature: 0 is not from 0.01 to 100"},
      {{"--top-p", "1.5"}, "--top-p: 1.5 is not from 0.001 to 1"},
      {{"--top-k", "0"}, "--top-k: 0 is not from 1 to 1000000"}};
  const TemporaryFolder folder;
  const auto json = folder / "scores.json";
  for (const auto& [options, error] : cases) {
    const std::string expected = error;
    CAPTURE(expected);
    const Finished captioned = caption_one(options);
    check_refused(captioned, {});
    CHECK(captioned.err == "captioner: " + error + "\n");
    const Finished evaluated = run_program(Arguments{"evaluate", "--run", trained().run.string(), "--data",
                                                     trained().data.string(), "--json", json.string()} +
                                           options);
    check_refused(evaluated, {error});
    CHECK_FALSE(std::filesystem::exists(json));
  }
  check_refused(caption_one({"--seed", "3"}), {"--seed is 3, but without --sample"});
}

TEST_CASE("a file of words not to be said that is none, or leaves no word, is refused") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string file = (folder / "never.txt").string();
  check_refused(caption_one({"--never", file}), {file});
  put_file(file, "red\nhot dog\n");
  check_refused(caption_one({"--never", file}), {file + ": line 2: \"hot dog\" is more than one word"});
  put_file(file, "a\n");
  check_refused(caption_one({"--never", file, "--begin", "a circle"}), {"--begin: \"a\" is not to be said", file});
  std::string all;
  const SafetensorsFile model(trained().run / "model.safetensors");
  for (const std::string& word : lines_of(model.metadata("vocabulary"))) {
    if (!word.starts_with('<')) all += word + "\n";
  }
  put_file(file, all);
  check_refused(caption_one({"--never", file}), {"--never", file, "leaves no word"});
}
