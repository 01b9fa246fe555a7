// What words on the command line mean, and what is said of those that mean nothing.

#include <string>
#include <utility>
#include <vector>

#include "../../examples/command_line/nearest_name.hpp"
#include "program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A training with these options, which there are no data for: what is refused is refused before they are looked for.
Finished train_nothing(const Arguments& more) {
  return run_program(Arguments{"train", "--data", "/no/such/data", "--out", "/no/such/run"} + more);
}

/// Checks that the whole error is this line.
void check_error(const Finished& finished, const std::string& error) {
  CAPTURE(error);
  CHECK(finished.status == 2);
  CHECK(finished.out.empty());
  CHECK(finished.err == "captioner: " + error + "\n");
}

void check_taken(const Arguments& more) {
  CAPTURE(more);
  check_error(train_nothing(more), "/no/such/data: no such folder");
}

}  // namespace

TEST_CASE("what is no whole number is refused before work, by every option that is one") {
  if (!has_program()) return;
  for (const std::string wrong : {"many", "1e3", "0x10", "1.0", "5x", " 5", "5 ", "1,000", "nan", "inf", "--5", "5-"}) {
    for (const std::string option : {"--epochs", "--seed", "--patience", "--threads", "--limit"}) {
      check_error(train_nothing({option + "=" + wrong}), option + ": \"" + wrong + "\" is not a whole number");
    }
    for (const std::string option : {"--beam", "--max-length", "--threads"}) {
      check_error(run_program({"caption", "--run", "r", option + "=" + wrong, "a.jpg"}),
                  option + ": \"" + wrong + "\" is not a whole number");
    }
    for (const Arguments& command :
         {Arguments{"scenes", "--out", "/no/such", "--seed"}, Arguments{"bench", "--repeats"},
          Arguments{"evaluate", "--run", "r", "--data", "d", "--seed"},
          Arguments{"features", "--weights", "w", "--data", "d", "--out", "o", "--batch-size"},
          Arguments{"classify", "--weights", "w", "a.jpg", "--top"}}) {
      check_error(run_program(command + Arguments{wrong}),
                  command.back() + ": \"" + wrong + "\" is not a whole number");
    }
  }
}

TEST_CASE("what is no number is refused, and a comma is named") {
  if (!has_program()) return;
  for (const std::string wrong :
       {"nan", "NaN", "inf", "-inf", "infinity", "0x1p3", "1e", "1e1.5", ".", "1.2.3", "1f"}) {
    for (const std::string option : {"--learning-rate", "--dropout", "--word-loss", "--max-gradient-norm"}) {
      check_error(train_nothing({option + "=" + wrong}), option + ": \"" + wrong + "\" is not a number");
    }
  }
  check_error(train_nothing({"--learning-rate", "0,001"}),
              "--learning-rate: \"0,001\" is not a number; the decimals begin with a point, 0.001");
  check_error(run_program({"caption", "--run", "r", "--length-penalty", "nan", "a.jpg"}),
              "--length-penalty: \"nan\" is not a number");
}

TEST_CASE("a number outside of its range is refused with the range as people say it") {
  if (!has_program()) return;
  const std::vector<std::pair<Arguments, std::string>> cases{
      {{"--learning-rate", "0"}, "--learning-rate: 0 is not above 0"},
      {{"--learning-rate", "-1e-3"}, "--learning-rate: -1e-3 is not above 0"},
      {{"--learning-rate", "1e999"}, "--learning-rate: 1e999 is more than 1.79769e+308"},
      {{"--learning-rate", "1e-999"}, "--learning-rate: 1e-999 is not above 0"},
      {{"--patience", "-1"}, "--patience: -1 is not 0 or more"},
      {{"--patience", "99999999999999999999"}, "--patience: 99999999999999999999 is more than 1000000000"},
      {{"--patience", "-99999999999999999999"}, "--patience: -99999999999999999999 is not 0 or more"},
      {{"--dropout", "1"}, "--dropout: 1 is not from 0 to 0.99"},
      {{"--dropout", "-0.1"}, "--dropout: -0.1 is not from 0 to 0.99"},
      {{"--epochs", "0"}, "--epochs: 0 is not 1 or more"},
      {{"--batch-size", "9000000000000000000"}, "--batch-size: 9000000000000000000 is more than 100000"},
      {{"--image-size", "1000000"}, "--image-size: 1000000 is more than 10000"},
      {{"--threads", "-1"}, "--threads: -1 is not 0 or more"},
      {{"--seed", "-1"}, "--seed: -1 is not from 0 to 18446744073709551615"},
      {{"--seed", "18446744073709551616"}, "--seed: 18446744073709551616 is not from 0 to 18446744073709551615"}};
  for (const auto& [options, error] : cases) check_error(train_nothing(options), error);
  check_error(run_program({"evaluate", "--run", "r", "--data", "d", "--seed", "-1"}),
              "--seed: -1 is not from 0 to 18446744073709551615");
  check_error(run_program({"caption", "--run", "r", "--beam", "101", "a.jpg"}), "--beam: 101 is not from 1 to 100");
  check_error(run_program({"scenes", "--out", "/no/such", "--image-size", "8"}),
              "--image-size: 8 is not from 16 to 4096");
}

TEST_CASE("numbers are taken however their digits are written") {
  if (!has_program()) return;
  check_taken({"--seed", "18446744073709551615"});
  check_taken({"--epochs", "+5", "--limit", "007", "--learning-rate", "1E-3", "--dropout", ".5", "--word-loss", "0."});
  const TemporaryFolder folder;  // 010 is ten, not eight
  const auto out = (folder / "scenes").string();
  CHECK(contains(run_program({"scenes", "--out", out, "--count", "010", "--image-size", "16"}).out, "10 pictures"));
}

TEST_CASE("sizes that together need more memory than there is are refused before it is used up") {
  if (!has_program()) return;
  const Arguments sizes{"--batch-size", "100000", "--image-size", "10000"};
  for (const Finished& finished : {train_nothing(sizes), run_program(Arguments{"bench"} + sizes)}) {
    check_refused(finished, {"--batch-size 100000 --image-size 10000", "120000 GB", "this machine has"});
  }
}

TEST_CASE("sizes that do not go together are refused under the names of their options") {
  if (!has_program()) return;
  check_error(train_nothing({"--image-size", "32", "--resize-to", "8"}),
              "--resize-to: 8 is less than --image-size, 32");
  check_error(train_nothing({"--image-size", "16", "--encoder", "vgg16"}),
              "--image-size: 16 is less than 32, and vgg16 halves images five times");
}

TEST_CASE("a later option wins over an earlier one, be it a value or a flag") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string a = (folder / "a").string(), b = (folder / "b").string();
  const Finished scenes = run_program({"scenes", "--out", a, "--count", "9", "--image-size", "16", "--out", b,
                                       "--count=2", "--overwrite", "--overwrite"});
  INFO(scenes.err);
  CHECK(scenes.status == 0);
  CHECK(scenes.out == "2 pictures with five captions each in " + b + "\n");
  CHECK_FALSE(std::filesystem::exists(a));

  const auto run = folder / "run";
  const Finished training = run_program(tiny_training(trained().data, run) +
                                        Arguments{"--epochs", "3", "--epochs", "1", "--mirror", "--no-mirror"});
  CHECK(training.status == 0);
  CHECK_FALSE(contains(training.err, "epoch 2"));
  CHECK(contains(file_text(run / "settings.json"), "\"mirror\": false"));
}

TEST_CASE("images add up, wherever they stand among the options") {
  if (!has_program()) return;
  const Finished finished =
      run_program({"caption", trained().image(0), "--run", trained().run.string(), trained().image(1), "--beam", "2",
                   trained().image(2), "--", trained().image(0)});
  CHECK(finished.status == 0);
  CHECK(line_count(finished.out) == 4);
}

TEST_CASE("an option without a value, or with an empty one, is named") {
  if (!has_program()) return;
  check_error(train_nothing({"--epochs"}), "--epochs: a value is missing");
  check_error(run_program({"train", "--out", "r", "--data", "--epochs", "3"}),
              "--data: a value is missing before --epochs");
  for (const Arguments& empty : {Arguments{"--epochs="}, Arguments{"--epochs", ""}}) {
    check_error(train_nothing(empty), "--epochs: is empty");
  }
  check_error(run_program({"train", "--out", "", "--data", "d"}), "--out: is empty");
  check_error(run_program({"caption", "--run=", "a.jpg"}), "--run: is empty");
  check_error(train_nothing({"--mirror=perhaps"}), "--mirror: \"perhaps\" is neither true nor false");
}

TEST_CASE("of an option or command that is misspelt, the nearest is named") {
  if (!has_program()) return;
  check_error(train_nothing({"--batchsize", "3"}), "--batchsize: train has no such option; did you mean --batch-size?");
  check_error(train_nothing({"--lerning-rate=3"}),
              "--lerning-rate: train has no such option; did you mean --learning-rate?");
  check_error(run_program({"train", "--data", "d", "--oout", "r"}),
              "--oout: train has no such option; did you mean --out?");
  check_error(train_nothing({"--beam", "3"}),
              "--beam: train has no such option; evaluate, report, caption, alt and serve have it");
  check_error(run_program({"trian", "--data", "d"}), "trian: there is no such command; did you mean train?");
  check_error(run_program({"--verison"}), "--verison: there is no such option; did you mean --version?");
  check_error(run_program({"--beam", "3", "caption", "--run", "r", "a.jpg"}),
              "--beam: stands after the command; evaluate, report, caption, alt and serve may have it");
  check_error(run_program({"evaluate", "--run", "r", "--data", "d", "--split", "tets"}),
              "--split: \"tets\" is none of train, dev and test; did you mean test?");
  check_error(train_nothing({"extra"}), "extra: train takes options alone, and this is none");
}

TEST_CASE("what is required and missing is named, all of it") {
  if (!has_program()) return;
  check_error(run_program({"tune"}), "--run and --data are required");
  check_error(run_program({"evaluate"}), "--data is required");
  check_error(run_program({"caption"}), "no image is given; caption takes one or more");
  check_error(run_program({"caption", "--run", "r"}), "no image is given; caption takes one or more");
}

TEST_CASE("nearest_name finds what was meant, and nothing where nothing is near") {
  const std::vector<std::string> known{"--batch-size", "--image-size", "--epochs"};
  CHECK(command_line::nearest_name("--batchsize", known) == "--batch-size");
  CHECK(command_line::nearest_name("--epcohs", known) == "--epochs");
  CHECK(command_line::nearest_name("--im", known) == "--image-size");
  CHECK_FALSE(command_line::nearest_name("--", known));
  CHECK_FALSE(command_line::nearest_name("--temperature", known));
  CHECK_FALSE(command_line::nearest_name("", known));
  CHECK(command_line::edit_distance("", "abc") == 3);
  CHECK(command_line::edit_distance("abc", "acb") == 1);
  CHECK(command_line::edit_distance("kitten", "sitting") == 3);
}
