// Captions as the captions that were trained on are written.

#include <filesystem>
#include <string>

#include <pupil/models/word_forms_file.hpp>

#include "many_images.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// The text with what begins so behind a space written so.
std::string spelled_otherwise(std::string text, const std::string& beginning, const std::string& form) {
  for (std::size_t at = 0; (at = text.find(" " + beginning, at)) != text.npos; at += form.size()) {
    text.replace(at + 1, beginning.size(), form);
  }
  return text;
}

/// The scenes, with a word in their captions written otherwise.
fs::path scenes_with(const TemporaryFolder& folder, const std::string& word, const std::string& form) {
  const fs::path data = copy_of(trained().data, folder / "data");
  put_file(data / "captions.txt", spelled_otherwise(file_text(data / "captions.txt"), word, form));
  return data;
}

/// What a captioner says of all scenes.
std::string said_of_scenes(const fs::path& run, const Arguments& more) {
  Arguments command = Arguments{"caption", "--run", run.string(), "--threads", "1"} + more;
  command.push_back((trained().data / "Images").string());
  return run_program(command).out;
}

}  // namespace

TEST_CASE("a training leaves in the model's file how its captions write words") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path data = scenes_with(folder, "red", "Red-Ish");
  REQUIRE(run_program(tiny_training(data, folder / "run")).status == 0);
  const WordForms forms = read_word_forms(SafetensorsFile(folder / "run" / "model.safetensors"));
  CHECK(forms.of("redish") == "Red-Ish");
  CHECK(read_word_forms(SafetensorsFile(trained().run / "model.safetensors")).all().empty());
}

TEST_CASE("tune --words-only adds written forms to a model that has none, and sentences then have them") {
  if (!has_program()) return;
  const std::string before = said_of_scenes(trained().run, {}),
                    sentences = said_of_scenes(trained().run, {"--sentence"});
  const std::string first = lines_of(before).front(), word = first.substr(first.rfind(' ') + 1);
  const std::string written = std::string(1, word.front()) + "-" + word.substr(1);
  const TemporaryFolder folder;
  const fs::path run = copy_of(trained().run, folder / "run");
  const fs::path data = scenes_with(folder, word, written);
  const Finished tuned = run_program({"tune", "--words-only", "--run", run.string(), "--data", data.string()});
  CAPTURE(tuned.err);
  CHECK(tuned.status == 0);
  CHECK(contains(tuned.out, " words as the train captions do\n"));
  CHECK(said_of_scenes(run, {}) == before);
  const std::string now = said_of_scenes(run, {"--sentence"});
  CHECK(now != sentences);
  CHECK(contains(now, " " + written));
}
