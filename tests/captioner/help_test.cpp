#include <pupil/core/version.hpp>

#include "program.hpp"

using namespace pupil::testing;

TEST_CASE("--help says how the program and each of its commands are used") {
  if (!has_program()) return;
  const Finished top = run_program({"--help"});
  CHECK(top.status == 0);
  CHECK(top.err.empty());
  for (const std::string command : {"scenes", "describe", "features", "train", "evaluate", "tune", "score", "report",
                                    "caption", "alt", "serve", "classify", "bench"}) {
    CAPTURE(command);
    CHECK(contains(top.out, command));
    const Finished help = run_program({command, "--help"});
    CHECK(help.status == 0);
    CHECK(help.err.empty());
    CHECK(contains(help.out, "--help"));
    CHECK(line_count(help.out) > 5);
  }
}

TEST_CASE("--version says the program's name and its version") {
  if (!has_program()) return;
  const Finished finished = run_program({"--version"});
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  REQUIRE(finished.out.starts_with("captioner "));
  CHECK(line_count(finished.out) == 1);
  REQUIRE(finished.out.ends_with("\n"));
  const std::string version = finished.out.substr(10, finished.out.size() - 11);
  CHECK(std::count(version.begin(), version.end(), '.') == 2);
  CHECK(version == PUPIL_VERSION_STRING);
}

TEST_CASE("help shows the range and the default of a number as people say them") {
  if (!has_program()) return;
  const std::string train = run_program({"train", "--help"}).out;
  CHECK(contains(train, "--learning-rate FLOAT above 0 [0.0004]"));
  CHECK(contains(train, "--patience INT 0 or more [6]"));
  CHECK(contains(train, "--dropout FLOAT from 0 to 0.99 [0.5]"));
  CHECK(contains(train, "--mirror,--no-mirror "));
  CHECK(contains(run_program({"caption", "--help"}).out, "--beam INT from 1 to 100 [1]"));
}

TEST_CASE("help shows that images stand after the options, as many as one likes") {
  if (!has_program()) return;
  CHECK(contains(run_program({"caption", "--help"}).out, "Usage: captioner caption [OPTIONS] images...\n"));
  CHECK(contains(run_program({"classify", "--help"}).out, "Usage: captioner classify [OPTIONS] images...\n"));
}

TEST_CASE("help names every option that people look for") {
  if (!has_program()) return;
  const std::string train = run_program({"train", "--help"}).out;
  for (const std::string option :
       {"--data", "--out", "--resume", "--overwrite", "--epochs", "--batch-size", "--image-size", "--learning-rate",
        "--seed", "--threads", "--limit", "--captions-per-image", "--encoder", "--word-loss", "--min-count"}) {
    CAPTURE(option);
    CHECK(contains(train, option));
  }
  for (const std::string option : {"--features", "--weights", "--start-from", "--finetune-from",
                                   "--encoder-learning-rate", "--freeze-statistics", "--save-precision"}) {
    CAPTURE(option);
    CHECK(contains(train, option));
  }
  const std::string caption = run_program({"caption", "--help"}).out;
  for (const std::string option : {"--run", "--format", "--beam", "--length-penalty", "--captions", "--diverse",
                                   "--sample", "--temperature", "--top-k", "--top-p", "--seed", "--min-length",
                                   "--block-ngrams", "--no-repetition", "--never", "--begin", "--mirror-too"}) {
    CAPTURE(option);
    CHECK(contains(caption, option));
  }
  const std::string features = run_program({"features", "--help"}).out;
  for (const std::string option :
       {"--encoder", "--weights", "--data", "--out", "--kind", "--flips", "--save-precision", "--image-size"}) {
    CAPTURE(option);
    CHECK(contains(features, option));
  }
  const std::string evaluate = run_program({"evaluate", "--help"}).out;
  for (const std::string option : {"--run", "--data", "--split", "--json"}) {
    CAPTURE(option);
    CHECK(contains(evaluate, option));
  }
  const std::string report = run_program({"report", "--help"}).out;
  for (const std::string option : {"--run", "--data", "--out", "--split", "--examples", "--seed"}) {
    CAPTURE(option);
    CHECK(contains(report, option));
  }
}

TEST_CASE("a command that there is not, or none at all, is refused in one line") {
  if (!has_program()) return;
  check_refused(run_program({}), {"no command", "train", "--help"});
  check_refused(run_program({"teach"}), {"teach"});
}

TEST_CASE("an option that is unknown, missing or out of range is named") {
  if (!has_program()) return;
  check_refused(run_program({"train", "--out", "run", "--batchsize", "3"}), {"--batchsize"});
  check_refused(run_program({"train", "--data", "data"}), {"--out"});
  check_refused(run_program({"train", "--out", "run"}), {"--data"});
  check_refused(run_program({"train", "--data", "d", "--out", "run", "--epochs", "0"}), {"--epochs", "0"});
  check_refused(run_program({"train", "--data", "d", "--out", "run", "--epochs", "many"}), {"--epochs", "many"});
  check_refused(run_program({"train", "--data", "d", "--out", "run", "--learning-rate", "-1"}), {"--learning-rate"});
  check_refused(run_program({"train", "--data", "d", "--out", "run", "--encoder", "vgg"}), {"--encoder", "vgg"});
  check_refused(run_program({"train", "--data", "d", "--out", "run", "--resume", "--overwrite"}), {"--overwrite"});
  check_refused(run_program({"caption", "--run", "run"}), {"no image is given"});
  check_refused(run_program({"caption", "--run", "run", "--format", "xml", "a.jpg"}), {"--format", "xml"});
  check_refused(run_program({"caption", "--run", "run", "--beam", "0", "a.jpg"}), {"--beam", "0"});
  check_refused(run_program({"evaluate", "--run", "run", "--data", "d", "--split", "all"}), {"--split", "all"});
}
