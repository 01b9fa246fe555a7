// What could not be written is an error, at once; who stopped reading is told nothing.

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "pretrained.hpp"
#include "streams.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

bool has_full_device() { return std::filesystem::exists("/dev/full"); }

Arguments caption_of(const Arguments& more) { return Arguments{"caption", "--run", trained().run.string()} + more; }

/// Every way to say something on standard output, by commands that take a moment.
std::vector<Arguments> commands_with_output(const TemporaryFolder& folder) {
  const std::string image = trained().image(0), data = trained().data.string(), run = trained().run.string();
  const std::string weights = pretrained().weights.string();
  return {{"--help"},
          {"--version"},
          {"train", "--help"},
          caption_of({image}),
          caption_of({"--format", "json", image}),
          caption_of({"--format", "csv", image}),
          {"classify", "--weights", weights, image},
          {"classify", "--weights", weights, "--format", "json", image},
          {"evaluate", "--run", run, "--data", data},
          {"report", "--run", run, "--data", data, "--out", (folder / "report.html").string()},
          {"scenes", "--out", (folder / "scenes").string(), "--count", "1", "--image-size", "32"},
          {"features", "--weights", weights, "--data", pretrained().data.string(), "--out",
           (folder / "features").string()}};
}

}  // namespace

TEST_CASE("a full standard output is an error of every command, in every format") {
  if (!has_program() || !has_full_device()) return;
  const TemporaryFolder folder;
  for (const Arguments& command : commands_with_output(folder)) {
    CAPTURE(command);
    const Finished finished = run_script("\"$0\" \"$@\" > /dev/full", command);
    CHECK(finished.status == 2);
    CHECK(finished.err == "captioner: standard output: No space left on device\n");
  }
}

TEST_CASE("a closed standard output is an error of every command that has something to say") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  for (const Arguments& command : commands_with_output(folder)) {
    CAPTURE(command);
    const Finished finished = run_script("\"$0\" \"$@\" >&-", command);
    CHECK(finished.status == 2);
    CHECK(finished.err == "captioner: standard output: Bad file descriptor\n");
  }
  CHECK_FALSE(std::filesystem::exists(folder / "scenes"));  // refused before work
}

TEST_CASE("closed standard streams do not become files: a checkpoint holds nothing that was said") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const Finished finished = run_script("\"$0\" \"$@\" <&- >&- 2>&-", tiny_training(trained().data, folder / "run"));
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  CHECK((file_text(folder / "run" / "model.safetensors") == file_text(trained().run / "model.safetensors")));
  CHECK(run_program({"caption", "--run", (folder / "run").string(), trained().image(0)}).status == 0);
}

TEST_CASE("a standard error that is closed, full or read by nobody stops no work") {
  if (!has_program() || !has_full_device()) return;
  const TemporaryFolder folder;
  const std::string bad = (folder / "bad.jpg").string();
  put_file(bad, "no picture");
  const Arguments command = caption_of({bad, trained().image(0)});
  const std::string expected = run_program(caption_of({trained().image(0)})).out;
  for (const std::string redirection : {"2>&-", "2>/dev/full", "2> >(true)"}) {
    CAPTURE(redirection);
    const Finished finished = run_script("\"$0\" \"$@\" " + redirection, command);
    CHECK(finished.status == 1);  // of the bad image
    CHECK(finished.out == expected);
  }
  const Finished training = run_script("\"$0\" \"$@\" 2> >(true)", tiny_training(trained().data, folder / "run"));
  CHECK(training.status == 0);
  CHECK((file_text(folder / "run" / "model.safetensors") == file_text(trained().run / "model.safetensors")));
}

TEST_CASE("who reads no more ends the program quietly, whether the signal for that was ignored before or not") {
  if (!has_program()) return;
  Arguments images;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 60; ++i) images.push_back(trained().image(i));
  }
  for (const std::string before : {"", "trap '' PIPE; "}) {
    CAPTURE(before);
    // Reads a line and lets go of the pipe; all of the captions do not fit into it before that.
    const std::string script = before + "\"$0\" \"$@\" | head -1; echo \"${PIPESTATUS[0]}\"";
    const Finished finished = run_script(script, caption_of(Arguments{"--format", "json"} + images + images + images));
    CHECK(finished.err.empty());
    const auto lines = lines_of(finished.out);
    REQUIRE(lines.size() == 2);
    CHECK(lines[1] == "141");
  }
}

TEST_CASE("a disk that fills up is noticed at the first caption that has no place") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  Arguments images;
  for (int i = 0; i < 60; ++i) images.push_back(trained().image(i));
  const std::string all = run_program(caption_of(images)).out;
  REQUIRE(all.size() > 1024);
  const std::string out = (folder / "captions.txt").string();
  // A limit of the shell's stands for the disk: of 1024 bytes.
  const Finished finished = run_script("ulimit -f 1; \"$0\" \"$@\" > '" + out + "'", caption_of(images));
  CHECK(finished.status == 2);
  CHECK(finished.err == "captioner: standard output: File too large\n");
  CHECK(file_text(out) == all.substr(0, 1024));
}

TEST_CASE("scores that cannot be written leave the file of earlier ones") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto json = folder / "scores.json";
  put_file(json, "earlier");
  const Finished finished = run_program({"evaluate", "--run", trained().run.string(), "--data", trained().data.string(),
                                         "--split", "train", "--json", json.string()},
                                        1024);
  CHECK(finished.status == 2);
  CHECK(contains(finished.err, json.string() + ": cannot write: File too large"));
  CHECK(file_text(json) == "earlier");
}

TEST_CASE("a file of scores that cannot be written is refused before work") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  for (const auto& json : {folder.path(), folder / "absent" / "scores.json"}) {
    const Finished finished =
        run_program({"evaluate", "--run", "/no/such/run", "--data", "/no/such/data", "--json", json.string()});
    check_refused(finished, {json.string() + ": cannot write: "});
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("in text, what would break a line or a field in a name is escaped, and a backslash is two") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string name = "a\tb\nc\rd\\e\x1b[31mf.jpg";
  std::filesystem::copy_file(trained().image(0), folder / name);
  const Finished text = run_program(caption_of({(folder / name).string()}));
  REQUIRE(line_count(text.out) == 1);
  CHECK(std::count(text.out.begin(), text.out.end(), '\t') == 1);
  CHECK(text.out.starts_with((folder / "a\\tb\\nc\\rd\\\\e\\x1b[31mf.jpg\t").string()));

  const Finished json = run_program(caption_of({"--format", "json", (folder / name).string()}));
  REQUIRE(line_count(json.out) == 1);
  CHECK(nlohmann::json::parse(json.out).at("image") == (folder / name).string());

  const Finished bad = run_program(caption_of({(folder / "no\nsuch\x1b.jpg").string()}));
  CHECK(bad.status == 1);
  CHECK(line_count(bad.err) == 1);
  CHECK(contains(bad.err, "no\\nsuch\\x1b.jpg: cannot open"));
}

TEST_CASE("a name that is not UTF-8 is valid JSON with its wrong bytes replaced, and itself in text") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string good = (folder / "caf\xE9.jpg").string(), absent = (folder / "\xFF\xFE.jpg").string();
  std::filesystem::copy_file(trained().image(0), good);
  CHECK(run_program(caption_of({good})).out.starts_with(good + "\t"));
  const Finished finished = run_program(caption_of({"--format", "json", good, absent}));
  CHECK(finished.status == 1);
  const auto lines = lines_of(finished.out);
  REQUIRE(lines.size() == 2);
  CHECK(nlohmann::json::parse(lines[0]).at("image") == (folder / "caf\xEF\xBF\xBD.jpg").string());
  CHECK(contains(nlohmann::json::parse(lines[1]).at("error").get<std::string>(), "\xEF\xBF\xBD\xEF\xBF\xBD.jpg"));
}
