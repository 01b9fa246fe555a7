#include <nlohmann/json.hpp>

#include <pupil/data/flickr8k.hpp>

#include "program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

Arguments evaluate(const Arguments& more = {}) {
  return Arguments{"evaluate", "--run", trained().run.string(), "--data", trained().data.string(), "--threads", "1"} +
         more;
}

}  // namespace

TEST_CASE("evaluate prints BLEU-1 to 4, ROUGE-L and CIDEr-D of the dev split") {
  if (!has_program()) return;
  const Finished finished = run_program(evaluate());
  INFO(finished.err);
  CHECK(finished.status == 0);
  for (const std::string score : {"BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr-D"}) {
    CHECK(contains(finished.out, score + "  "));
  }
  CHECK(run_program(evaluate({"--split", "dev"})).out == finished.out);
}

TEST_CASE("--json writes the scores, and every caption with its references") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto path = folder / "scores.json";
  const CaptionedImages data = read_flickr8k(trained().data);
  for (const Split split : all_splits) {
    const std::string name(split_name(split));
    CAPTURE(name);
    const Finished finished = run_program(evaluate({"--split", name, "--json", path.string()}));
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    const auto json = nlohmann::json::parse(file_text(path));
    CHECK(json.at("split") == name);
    for (const std::string score : {"bleu_1", "bleu_2", "bleu_3", "bleu_4", "rouge_l", "cider_d"}) {
      CHECK(json.at("scores").at(score).is_number());
    }
    const auto& samples = data[split];
    REQUIRE(json.at("captions").size() == samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      CHECK(json.at("captions")[i].at("image") == samples[i].image);
      CHECK(json.at("captions")[i].at("references") == samples[i].captions);
    }
  }
}

TEST_CASE("the captions that are scored are those that caption gives") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto path = folder / "scores.json";
  REQUIRE(run_program(evaluate({"--beam", "2", "--json", path.string()})).status == 0);
  const auto json = nlohmann::json::parse(file_text(path));
  for (const auto& entry : json.at("captions")) {
    const auto image = (trained().data / "Images" / entry.at("image").get<std::string>()).string();
    const Finished finished = run_program({"caption", "--run", trained().run.string(), "--beam", "2", image});
    CHECK(finished.out == image + "\t" + entry.at("caption").get<std::string>() + "\n");
  }
}

TEST_CASE("images that cannot be read are named and left out; where none can, that is an error") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto data = copy_of(trained().data, folder / "data");
  const CaptionedImages images = read_flickr8k(data);
  const auto& train = images[Split::train];
  REQUIRE(train.size() >= 2);
  const auto damage = [&](const Sample& sample) { put_file(data / "Images" / sample.image, "x"); };
  const Arguments arguments{"evaluate", "--run", trained().run.string(), "--data", data.string(), "--split", "train"};
  damage(train[0]);
  const Finished finished = run_program(arguments);
  CHECK(finished.status == 0);
  CHECK(contains(finished.err, train[0].image));
  CHECK(line_count(finished.err) == 1);
  CHECK(contains(finished.out, "images   " + std::to_string(train.size() - 1) + "\n"));

  for (const Sample& sample : train) damage(sample);
  const Finished none = run_program(arguments);
  CHECK(none.status == 2);
  CHECK(none.out.empty());
  CHECK(contains(lines_of(none.err).back(), data.string()));
}

TEST_CASE("a json file that cannot be written is an error that names it") {
  if (!has_program()) return;
  const std::string path = (trained().folder / "absent" / "scores.json").string();
  check_refused(run_program(evaluate({"--json", path})), {path});
}

TEST_CASE("a json file is not written over the model that it scores, by whatever path") {
  if (!has_program()) return;
  const std::filesystem::path model = trained().run / "model.safetensors";
  const std::string before = file_text(model);
  const TemporaryFolder links;
  std::filesystem::create_symlink(model, links / "scores.json");
  for (const std::filesystem::path& path : {model, links / "scores.json"}) {
    CAPTURE(path);
    check_refused(run_program(evaluate({"--json", path.string()})), {"--json", path.string(), "is read"});
    CHECK((file_text(model) == before));
  }
}
