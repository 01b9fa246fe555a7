// The options that keep a captioner from learning its captions by heart.

#include <cstdint>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <pupil/io/safetensors.hpp>

#include "pretrained_program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

const Arguments all_regularization{"--label-smoothing", "0.1", "--word-dropout",   "0.2", "--scheduled-sampling", "0.5",
                                   "--weight-decay",    "0.1", "--moving-average", "0.9", "--accumulate",         "3",
                                   "--color-jitter",    "0.4", "--random-erasing", "0.5"};

std::string model_after(const Arguments& arguments, const std::filesystem::path& run) {
  const Finished finished = run_program(arguments);
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  return file_text(run / "model.safetensors");
}

/// A file of word vectors, of so many numbers, for some of the words of scenes.
void write_vectors(const std::filesystem::path& file, int size) {
  std::ostringstream text;
  int number = 0;
  for (const char* const word : {"a", "red", "nowhere", "circle"}) {
    text << word;
    for (int i = 0; i < size; ++i) text << ' ' << 0.25 * ++number;
    text << '\n';
  }
  put_file(file, text.str());
}

}  // namespace

TEST_CASE("every option changes what is learned, and none does where it is off") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  // The best model, and the last weights: what an option does in the last epoch alone is in these.
  const auto learned = [](const std::filesystem::path& run) {
    return std::pair(file_text(run / "model.safetensors"),
                     SafetensorsFile(run / "checkpoint.safetensors").read<float, 2>("model.decoder.out.weight"));
  };
  const auto plain = learned(trained().run);
  const auto train = [&](const std::string& option, const std::string& value) {
    const auto run = folder / (option + value);
    model_after(tiny_training(trained().data, run) + Arguments{"--" + option, value}, run);
    return learned(run);
  };
  const std::vector<std::pair<std::string, std::string>> options{
      {"label-smoothing", "0.1"}, {"word-dropout", "0.2"}, {"scheduled-sampling", "0.9"}, {"weight-decay", "0.1"},
      {"moving-average", "0.9"},  {"color-jitter", "0.4"}, {"random-erasing", "1"}};
  for (const auto& [option, value] : options) {
    const std::string name = option;
    CAPTURE(name);
    CHECK((train(option, value) != plain));
    CHECK((train(option, "0") == plain));
  }
  CHECK((train("accumulate", "2") != plain));
  CHECK((train("accumulate", "1") == plain));
}

TEST_CASE("with all options on, the model has the same bytes on any number of threads") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto train = [&](const std::string& threads) {
    const auto run = folder / threads;
    Arguments arguments = tiny_training(trained().data, run) + all_regularization;
    *(std::find(arguments.begin(), arguments.end(), "--threads") + 1) = threads;
    return model_after(arguments, run);
  };
  CHECK((train("1") == train("3")));
}

TEST_CASE("with averages on, the model is of the averages, and the checkpoint holds both") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = folder / "run";
  Arguments arguments = tiny_training(trained().data, run) + Arguments{"--moving-average", "0.9"};
  *(std::find(arguments.begin(), arguments.end(), "--epochs") + 1) = "1";
  model_after(arguments, run);
  const SafetensorsFile model(run / "model.safetensors"), checkpoint(run / "checkpoint.safetensors");
  const std::string name = "decoder.image.fc.weight";
  const auto saved = model.read<float, 2>(name);
  CHECK(saved == checkpoint.read<float, 2>("average." + name));
  CHECK_FALSE(saved == checkpoint.read<float, 2>("model." + name));
}

TEST_CASE("a step of several batches is one step of the optimizer") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto steps = [&](const std::string& batches) {
    const auto run = folder / batches;
    model_after(tiny_training(trained().data, run) + Arguments{"--accumulate", batches}, run);
    return SafetensorsFile(run / "checkpoint.safetensors").read<std::int64_t, 1>("adam.step")[0];
  };
  const std::int64_t of_one = steps("1");  // two epochs
  CHECK(steps("2") == 2 * ((of_one / 2 + 1) / 2));
  CHECK(steps("1000") == 2);
}

TEST_CASE("numbers out of range are refused, by their options") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, std::string>> options{
      {"--label-smoothing", "1"}, {"--word-dropout", "-0.1"},  {"--scheduled-sampling", "1.5"},
      {"--weight-decay", "-1"},   {"--moving-average", "1"},   {"--accumulate", "0"},
      {"--color-jitter", "2"},    {"--random-erasing", "1.1"}, {"--scale-learning-rate", "-1"}};
  for (const auto& [option, value] : options) {
    const auto run = folder / "run";
    check_refused(run_program(tiny_training(trained().data, run) + Arguments{option, value}), {option, value});
    CHECK_FALSE(std::filesystem::exists(run));
  }
}

TEST_CASE("what changes pixels is refused on features, which have none") {
  if (!has_program()) return;
  const auto run = frozen_run().folder / "refused";
  for (const std::string option : {"--color-jitter", "--random-erasing"}) {
    check_refused(run_program(frozen_run().frozen_training(run) + Arguments{option, "0.4"}), {option, "--features"});
    CHECK_FALSE(std::filesystem::exists(run));
  }
}

TEST_CASE("options of regularization are those of the run, and are refused where it is resumed with others") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = copy_of(trained().run, folder / "run");
  check_refused(run_program({"train", "--out", run.string(), "--resume", "--word-dropout", "0.5"}),
                {"--word-dropout", "0.5", "0.0"});
}

TEST_CASE("words begin with the vectors of a file, and how many have one is said") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto vectors = folder / "vectors.txt";
  write_vectors(vectors, 16);
  const auto run = folder / "run";
  // A learning rate of nearly nothing: the words stay what they began as.
  const Finished finished =
      run_program(tiny_training(trained().data, run) +
                  Arguments{"--word-vectors", vectors.string(), "--learning-rate", "1e-30", "--no-mirror"});
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  CHECK(contains(finished.err, vectors.string() + ": vectors of 3 of the "));
  const SafetensorsFile model(run / "model.safetensors");
  const auto embedding = model.read<float, 2>("decoder.embed.weight");
  int rows = 0;
  for (Index r = 0; r < embedding.rows(); ++r) {
    for (const int first : {0, 1, 3}) {  // the lines of words that scenes have
      if (embedding(r, 0) == 0.25f * static_cast<float>(16 * first + 1)) ++rows;
    }
  }
  CHECK(rows == 3);

  std::filesystem::remove(vectors);  // not needed any more
  const Finished resumed = run_program({"train", "--out", run.string(), "--resume", "--epochs", "3"});
  INFO(resumed.err);
  CHECK(resumed.status == 0);
}

TEST_CASE("vectors of another size than the embedding's are refused, both named, and nothing is written") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto vectors = folder / "vectors.txt";
  const auto run = folder / "run";
  write_vectors(vectors, 5);
  const Arguments given{"--word-vectors", vectors.string()};
  check_refused(run_program(tiny_training(trained().data, run) + given),
                {vectors.string(), "vectors of 5 numbers", "--embedding-size is 16"});
  put_file(vectors, "");
  check_refused(run_program(tiny_training(trained().data, run) + given), {vectors.string()});
  check_refused(run_program(tiny_training(trained().data, run) + Arguments{"--word-vectors", (folder / "no").string()}),
                {(folder / "no").string()});
  check_refused(run_program(frozen_run().fine_tuning(run) + given), {"--word-vectors", "--start-from"});
  CHECK_FALSE(std::filesystem::exists(run));
}
