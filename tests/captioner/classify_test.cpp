#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "pretrained.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

Arguments classify(const Arguments& more) {
  return Arguments{"classify", "--weights", pretrained().weights.string(), "--threads", "1"} + more;
}

std::vector<std::string> fields_of(const std::string& line) {
  const std::size_t first = line.find('\t'), second = line.find('\t', first + 1);
  return {line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

}  // namespace

TEST_CASE("classify gives five lines an image: its path, the score, the class, the best first") {
  if (!has_program()) return;
  const Arguments images{pretrained().image(2), pretrained().image(0)};
  const Finished finished = run_program(classify(images));
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  const auto lines = lines_of(finished.out);
  REQUIRE(lines.size() == 10);
  for (std::size_t i = 0; i < 2; ++i) {
    double before = 1, sum = 0;
    for (std::size_t k = 0; k < 5; ++k) {
      const auto fields = fields_of(lines[5 * i + k]);
      CHECK(fields[0] == images[i]);
      const double score = std::stod(fields[1]);
      CHECK(score <= before);
      before = score;
      sum += score;
      CHECK(fields[2].starts_with("class "));
    }
    CHECK(sum > 0.5);
    CHECK(sum < 1.001);
  }
}

TEST_CASE("json gives an object an image with the numbers, names and scores of its classes") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  std::string names;
  for (int i = 0; i < 10; ++i) names += "kind " + std::to_string(i) + ", \"so\"\r\n";
  put_file(folder / "labels.txt", names);
  const Finished finished = run_program(classify(
      {"--format", "json", "--top", "20", "--labels", (folder / "labels.txt").string(), pretrained().image(1)}));
  CAPTURE(finished.err);
  REQUIRE(finished.status == 0);
  REQUIRE(line_count(finished.out) == 1);
  const auto object = nlohmann::json::parse(finished.out);
  CHECK(object.at("image") == pretrained().image(1));
  REQUIRE(object.at("classes").size() == 10);
  double sum = 0;
  for (const auto& found : object.at("classes")) {
    CHECK(found.at("label") == "kind " + std::to_string(found.at("class").get<int>()) + ", \"so\"");
    sum += found.at("score").get<double>();
  }
  CHECK(sum == doctest::Approx(1));
}

TEST_CASE("an image that cannot be classified is an error of its own, and the status is 1") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string bad = (folder / "bad.jpg").string();
  put_file(bad, "no picture");
  const Finished finished = run_program(classify({pretrained().image(0), bad, pretrained().image(1)}));
  CHECK(finished.status == 1);
  CHECK(line_count(finished.err) == 1);
  CHECK(finished.err.starts_with("captioner: " + bad + ": "));
  CHECK(finished.out == run_program(classify({pretrained().image(0), pretrained().image(1)})).out);
  const Finished json = run_program(classify({"--format", "json", bad}));
  CHECK(json.status == 1);
  CHECK(contains(nlohmann::json::parse(json.out).at("error").get<std::string>(), bad));
}

TEST_CASE("labels of another number, weights without a classifier and those that are cut short are refused") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto labels = folder / "labels.txt";
  const Arguments labelled = classify({"--labels", labels.string(), pretrained().image(0)});
  check_refused(run_program(labelled), {labels.string()});
  put_file(labels, "cat\ndog\n");
  check_refused(run_program(labelled), {labels.string(), "2 lines", "10 classes"});

  const auto weights = folder / "weights.safetensors";
  const Arguments command{"classify", "--weights", weights.string(), pretrained().image(0)};
  check_refused(run_program(command), {weights.string()});
  MobileNetV2Weights(0, 1).write(weights);
  check_refused(run_program(command), {weights.string(), "without its classifier"});
  const std::string whole = file_text(pretrained().weights);
  put_file(weights, std::string_view(whole).substr(0, whole.size() - 4));
  check_refused(run_program(command), {weights.string()});
  check_refused(run_program(classify({"--encoder", "vgg16", pretrained().image(0)})), {"mobilenet_v2", "vgg16"});
  check_refused(run_program(classify({"--format", "csv", "a.jpg"})), {"--format", "csv"});
  check_refused(run_program(classify({})), {"no image is given"});
}

TEST_CASE("with real weights, the classes of real photographs are sensible") {
  if (!has_program()) return;
  const auto weights = imagenet_weights();
  const auto folder = shared_folder() / "flickr8k" / "Images";
  if (weights.empty() || !std::filesystem::exists(folder)) return;
  const std::vector<std::pair<std::string, std::string>> photographs{{"10815824_2997e03d76.jpg", "sorrel"},
                                                                     {"1244140539_da4804d828.jpg", "terrier"},
                                                                     {"1357724865_4faf4e1418.jpg", "valley"},
                                                                     {"1141739219_2c47195e4c.jpg", "truck"}};
  Arguments command{"classify", "--weights", weights.string(), "--encoder", "mobilenet_v2"};
  command = command + Arguments{"--labels", (weights.parent_path() / "imagenet_classes.txt").string(), "--top", "1"};
  for (const auto& [photograph, label] : photographs) command.push_back((folder / photograph).string());
  const auto lines = lines_of(run_program(command).out);
  REQUIRE(lines.size() == photographs.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(contains(lines[i], photographs[i].second));
}
