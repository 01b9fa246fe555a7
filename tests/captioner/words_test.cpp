#include <string>
#include <vector>

#include <pupil/io/safetensors.hpp>

#include "program.hpp"

using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// Scenes whose captions a test writes: for each of the images, in turn, the next of the texts.
struct Captioned {
  TemporaryFolder folder;
  fs::path data = copy_of(trained().data, folder / "data");
  fs::path run = folder / "run";

  explicit Captioned(const std::vector<std::string>& texts, const std::string& before = "") {
    std::string captions = before + "image,caption\n";
    for (std::size_t i = 0; i < 60; ++i) {
      captions +=
          fs::path(trained().image(static_cast<int>(i))).filename().string() + "," + texts[i % texts.size()] + "\n";
    }
    put_file(data / "captions.txt", captions);
  }

  Finished train(const std::string& min_count) const {
    Arguments arguments = tiny_training(data, run);
    *(std::find(arguments.begin(), arguments.end(), "--min-count") + 1) = min_count;
    return run_program(arguments);
  }

  std::vector<std::string> words() const {
    auto lines = lines_of(pupil::SafetensorsFile(run / "model.safetensors").metadata("vocabulary"));
    lines.erase(lines.begin(), lines.begin() + 4);
    std::sort(lines.begin(), lines.end());
    return lines;
  }
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a vocabulary without words is refused before any work, with the option that helps") {
  if (!has_program()) return;
  const Captioned scenes({"a red square"});
  check_refused(scenes.train("1000"),
                {scenes.data.string(), "no word of the train captions occurs 1000 times (--min-count)",
                 "the most frequent, 'a', occurs", "--min-count 1 keeps all"});
  CHECK_FALSE(fs::exists(scenes.run));
}

TEST_CASE("a large share of unknown words is a warning, a small one is none") {
  if (!has_program()) return;
  std::vector<std::string> texts;
  for (int i = 0; i < 60; ++i) texts.push_back("a thing" + std::to_string(i));
  const Captioned rare(texts);
  const Finished warned = rare.train("5");
  CAPTURE(warned.err);
  CHECK(warned.status == 0);
  CHECK(contains(warned.err,
                 "words in the train captions are unknown, because they occur fewer than 5 times (--min-count); "
                 "--min-count 1 keeps all"));
  CHECK(rare.words() == Words{"a"});
  const Finished quiet = Captioned({"a red square"}).train("5");
  CHECK(quiet.status == 0);
  CHECK_FALSE(contains(quiet.err, "unknown"));
}

TEST_CASE("Chinese is learned by character, and captions in it have no spaces") {
  if (!has_program()) return;
  const std::string text = "\u4E00\u53EA\u72D7\u5728\u8DD1\u3002";
  const Captioned scenes({text});
  const Finished finished = scenes.train("5");
  CAPTURE(finished.err);
  REQUIRE(finished.status == 0);
  Words expected{"\u4E00", "\u53EA", "\u72D7", "\u5728", "\u8DD1"};
  std::sort(expected.begin(), expected.end());
  CHECK(scenes.words() == expected);
  const Finished said = run_program({"caption", "--run", scenes.run.string(), trained().image(0)});
  CHECK(said.status == 0);
  CHECK_FALSE(contains(said.out, " "));
  CHECK(run_program({"evaluate", "--run", scenes.run.string(), "--data", scenes.data.string()}).status == 0);
}

TEST_CASE("captions in Latin-1 are refused with file and line, the same in UTF-8 keep their letters") {
  if (!has_program()) return;
  const Captioned latin({"zwei M\xE4nner"});
  check_refused(latin.train("1"), {(latin.data / "captions.txt").string() + ": line 2: byte 0xE4", "iconv"});
  CHECK_FALSE(fs::exists(latin.run));
  const Captioned utf8({"zwei M\u00C4nner", "zwei Ma\u0308nner"}, "\uFEFF");
  REQUIRE(utf8.train("1").status == 0);
  CHECK(utf8.words() == Words{"m\u00E4nner", "zwei"});
}

TEST_CASE("captions without a word are counted, and the others are learned") {
  if (!has_program()) return;
  const Captioned scenes({"a red square", "..."});
  const Finished finished = scenes.train("1");
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  CHECK(contains(finished.err, "captions.txt: skipped 30 captions without a word (line 3, scene_00001.jpg, ...)"));
}
