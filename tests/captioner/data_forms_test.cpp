#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/data/data_forms.hpp>

#include "program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// Scenes, their captions in another form than that in which they are drawn.
class ScenesInForm {
 public:
  ScenesInForm() {
    make_scenes(folder_ / "scenes");  // enough that a split by names has dev images
    fs::create_directories(data());
    fs::rename(folder_ / "scenes" / "Images", data() / "Images");
    fs::create_directory(folder_ / "scenes" / "Images");
    samples_ = read_scenes();
  }

  fs::path data() const { return folder_ / "data"; }
  fs::path run() const { return folder_ / "run"; }

  /// A row a caption: image, caption, split.
  std::string rows(const std::string& between, bool with_split) const {
    std::string text;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      for (const std::string& caption : samples_[i].captions) {
        text += samples_[i].image + between + caption + (with_split ? between + split_of(i) : "") + "\n";
      }
    }
    return text;
  }

  nlohmann::json karpathy() const {
    nlohmann::json json{{"images", nlohmann::json::array()}, {"dataset", "scenes"}};
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      nlohmann::json image{{"filename", samples_[i].image}, {"split", split_of(i)}};
      for (const std::string& caption : samples_[i].captions) image["sentences"].push_back({{"raw", caption}});
      json["images"].push_back(image);
    }
    return json;
  }

  nlohmann::json coco(const std::string& split) const {
    nlohmann::json json{{"images", nlohmann::json::array()}, {"annotations", nlohmann::json::array()}};
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      if (split_of(i) != split) continue;
      json["images"].push_back({{"id", i}, {"file_name", samples_[i].image}});
      for (const std::string& caption : samples_[i].captions) {
        json["annotations"].push_back({{"image_id", i}, {"caption", caption}});
      }
    }
    return json;
  }

  std::string bars() const {
    std::string text = "image_name| comment_number| comment\n";
    for (const Sample& sample : samples_) {
      for (const std::string& caption : sample.captions) text += sample.image + "| 0| " + caption + "\n";
    }
    return text;
  }

  void put_texts_beside() const {
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      const fs::path image = data() / split_of(i) / samples_[i].image;
      fs::create_directories(image.parent_path());
      fs::rename(data() / "Images" / samples_[i].image, image);
      std::string text;
      for (const std::string& caption : samples_[i].captions) text += caption + "\n";
      put_file(fs::path(image).replace_extension(".txt"), text);
    }
    fs::remove(data() / "Images");
  }

  Finished train(const Arguments& more = {}) const {
    return run_program(with(tiny_training(data(), run()), "--epochs", "1") + more);
  }
  Finished evaluate(const Arguments& more = {}) const {
    return run_program(Arguments{"evaluate", "--run", run().string(), "--data", data().string()} + more);
  }

  /// Trains in one command, and scores without another word about the data.
  void check_train_and_evaluate(const std::string& form, const Arguments& more = {}) const {
    CAPTURE(form);
    const Finished trained = train(more);
    CAPTURE(trained.err);
    REQUIRE(trained.status == 0);
    CHECK(contains(trained.err, "read as " + form) == more.empty());
    CHECK(nlohmann::json::parse(file_text(run() / "settings.json")).at("form") == form);
    const Finished scored = evaluate();
    CAPTURE(scored.err);
    CHECK(scored.status == 0);
    CHECK(scored.err.empty());
    CHECK(contains(scored.out, "images"));
  }

 private:
  static std::string split_of(std::size_t place) { return place % 4 == 3 ? "val" : "train"; }

  std::vector<Sample> read_scenes() const {
    std::vector<Sample> samples;
    for (auto& [image, captions] : read_kaggle_captions(folder_ / "scenes" / "captions.txt")) {
      samples.push_back({image, captions});
    }
    return samples;
  }

  TemporaryFolder folder_;
  std::vector<Sample> samples_;
};

}  // namespace

TEST_CASE("a training on Flickr30k's form takes one command, and the run remembers it") {
  if (!has_program()) return;
  const ScenesInForm scenes;
  put_file(scenes.data() / "results.csv", scenes.bars());
  scenes.check_train_and_evaluate("flickr30k");
}

TEST_CASE("a training on Karpathy's form takes one command, and the run remembers it") {
  if (!has_program()) return;
  const ScenesInForm scenes;
  put_file(scenes.data() / "dataset_scenes.json", scenes.karpathy().dump());
  scenes.check_train_and_evaluate("karpathy");
}

TEST_CASE("a training on COCO's form takes one command, and the run remembers it") {
  if (!has_program()) return;
  const ScenesInForm scenes;
  fs::create_directory(scenes.data() / "annotations");
  put_file(scenes.data() / "annotations/captions_train2017.json", scenes.coco("train").dump());
  put_file(scenes.data() / "annotations/captions_val2017.json", scenes.coco("val").dump());
  scenes.check_train_and_evaluate("coco");
}

TEST_CASE("a training on texts beside images takes one command, and the run remembers it") {
  if (!has_program()) return;
  const ScenesInForm scenes;
  scenes.put_texts_beside();
  scenes.check_train_and_evaluate("text-beside-image");
}

TEST_CASE("a training on a table takes one command, and the run remembers the columns") {
  if (!has_program()) return;
  const ScenesInForm scenes;
  put_file(scenes.data() / "mine.tsv", "picture\twords\tpart\n" + scenes.rows("\t", true));
  scenes.check_train_and_evaluate("table",
                                  {"--image-column", "picture", "--caption-column", "words", "--split-column", "part"});
  const Finished tuned = run_program({"tune", "--run", scenes.run().string(), "--data", scenes.data().string()});
  CAPTURE(tuned.err);
  CHECK(tuned.status == 0);
  const Finished resumed = scenes.train({"--resume", "--form", "karpathy"});
  check_refused(resumed, {"--form", "karpathy", "table"});
}

TEST_CASE("a folder in two forms is refused until --form chooses, which the run remembers") {
  if (!has_program()) return;
  const ScenesInForm scenes;
  put_file(scenes.data() / "captions.txt", "image,caption\n" + scenes.rows(",", false));
  put_file(scenes.data() / "dataset.json", scenes.karpathy().dump());
  check_refused(scenes.train(),
                {scenes.data().string(), "flickr8k (captions.txt) and karpathy (dataset.json)", "--form"});
  CHECK(!fs::exists(scenes.run()));
  scenes.check_train_and_evaluate("karpathy", {"--form", "karpathy"});
}

TEST_CASE("what is wrong with data is refused in one line, and nothing is written") {
  if (!has_program()) return;
  const ScenesInForm scenes;
  check_refused(scenes.train(), {scenes.data().string(), "no captions in a form that is read", "karpathy"});
  check_refused(scenes.train({"--form", "voc"}), {"voc", "flickr8k", "text-beside-image"});
  put_file(scenes.data() / "captions.csv", "image,caption\n" + scenes.rows(",", false));
  check_refused(scenes.train({"--caption-column", "text"}), {"captions.csv", "'text'", "'image', 'caption'"});
  check_refused(scenes.train({"--form", "coco", "--split-column", "part"}), {"part", "coco"});
  put_file(scenes.data() / "captions.csv", "image,caption\n../Images/../../secret.jpg,A secret\n");
  check_refused(scenes.train(), {"captions.csv: line 2", "../Images/../../secret.jpg", "outside"});
  fs::remove(scenes.data() / "captions.csv");
  const std::string json = scenes.karpathy().dump();
  put_file(scenes.data() / "dataset.json", json.substr(0, json.size() / 2));
  check_refused(scenes.train(), {"dataset.json", "at byte"});
  CHECK(!fs::exists(scenes.run()));
}

TEST_CASE("files of captions in any form are kept where an output names them") {
  if (!has_program()) return;
  const ScenesInForm scenes;
  const std::string file = (scenes.data() / "dataset.json").string();
  put_file(file, scenes.karpathy().dump());
  check_refused(scenes.evaluate({"--json", file}), {"--json", file});
  CHECK(file_text(file) == scenes.karpathy().dump());
}

TEST_CASE("a captioner of characters writes words as people do, and says of itself what it is made of") {
  if (!has_program()) return;
  const ScenesInForm scenes;
  put_file(scenes.data() / "dataset.json", scenes.karpathy().dump());
  const Finished trained = scenes.train({"--tokens", "characters"});
  CAPTURE(trained.err);
  REQUIRE(trained.status == 0);
  CHECK(nlohmann::json::parse(file_text(scenes.run() / "settings.json")).at("tokens") == "characters");
  const std::string image = (*fs::directory_iterator(scenes.data() / "Images")).path().string();
  const Finished begun = run_program({"caption", "--run", scenes.run().string(), "--begin", "a red", image});
  CAPTURE(begun.err);
  CHECK(begun.status == 0);
  CHECK(contains(begun.out, "a red"));
  CHECK(!contains(begun.out, "\u2060"));
  CHECK(scenes.evaluate().status == 0);
  const Finished refused =
      run_program(tiny_training(scenes.data(), scenes.run().string() + "2") +
                  Arguments{"--start-from", scenes.run().string(), "--finetune-from", "layer4", "--tokens", "words"});
  check_refused(refused, {"--tokens", "words", "characters"});
}
