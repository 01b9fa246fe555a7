#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/core/hash.hpp>
#include <pupil/data/flickr8k.hpp>
#include <pupil/io/metadata_rewrite.hpp>
#include <pupil/metrics/calibration.hpp>

#include "program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// A run that is good enough on scenes that some of its captions are acceptable, tuned.
struct TunedRun {
  TemporaryFolder folder;
  fs::path data = folder / "scenes";
  fs::path run = folder / "run";
  std::string said;

  TunedRun() {
    make_scenes(data, 1500);
    Arguments training = with(tiny_training(data, run), "--epochs", "5") + Arguments{"--learning-rate", "0.003"};
    training = with(with(training, "--encoder-width", "8"), "--hidden-size", "32");
    const Finished trained = run_program(training);
    INFO(trained.err);
    REQUIRE(trained.status == 0);
    const Finished tuned = run_program({"tune", "--run", run.string(), "--data", data.string()});
    INFO(tuned.err);
    REQUIRE(tuned.status == 0);
    said = tuned.out;
  }

  fs::path model() const { return run / "model.safetensors"; }
  std::string image(const std::string& name) const { return (data / "Images" / name).string(); }
};

const TunedRun& tuned() {
  static const TunedRun run;
  return run;
}

/// What evaluate writes of dev, and prints.
struct EvaluatedRun {
  nlohmann::json json;
  std::string out;

  explicit EvaluatedRun(const Arguments& more = {}) {
    const TemporaryFolder folder;
    const auto path = folder / "scores.json";
    const Finished finished = run_program(
        Arguments{"evaluate", "--run", tuned().run.string(), "--data", tuned().data.string(), "--json", path.string()} +
        more);
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    json = nlohmann::json::parse(file_text(path));
    out = finished.out;
  }
};

const EvaluatedRun& evaluated() {
  static const EvaluatedRun run;
  return run;
}

/// The dev images, the most trusted caption first.
std::vector<nlohmann::json> by_trust() {
  std::vector<nlohmann::json> captions = evaluated().json.at("captions");
  std::ranges::stable_sort(captions, [](const auto& a, const auto& b) {
    return a.at("confidence").template get<double>() > b.at("confidence").template get<double>();
  });
  return captions;
}

Finished caption_tuned(const Arguments& more) {
  return run_program(Arguments{"caption", "--run", tuned().run.string()} + more);
}

}  // namespace

TEST_CASE("tune learns a confidence, and evaluate measures it on the dev images that it was not learned from") {
  if (!has_program()) return;
  CHECK(contains(tuned().said, "each caption has a confidence from here on"));
  std::vector<double> confidences;
  std::vector<bool> acceptable;
  for (const auto& caption : evaluated().json.at("captions")) {
    const auto name = caption.at("image").get<std::string>();
    if ((hash_bytes(name) >> 32 & 1) == 0) continue;
    confidences.push_back(caption.at("confidence"));
    acceptable.push_back(caption.at("cider_d").get<double>() >= .7);
  }
  const auto& report = evaluated().json.at("confidence");
  CHECK(confidences.size() < evaluated().json.at("captions").size());
  CHECK(report.at("captions") == confidences.size());
  CHECK(report.at("acceptable") == std::ranges::count(acceptable, true));
  const double error = expected_calibration_error(calibration_bins(confidences, acceptable));
  CHECK(report.at("expected_calibration_error").get<double>() == doctest::Approx(error));
  CHECK(report.at("area_under_roc").get<double>() == doctest::Approx(area_under_roc(confidences, acceptable)));
  CHECK(report.at("risk_coverage").size() == 10);
  CHECK(contains(evaluated().out, "of dev that they were not learned from"));
  CHECK(contains(evaluated().out, "(ECE, ten bins)"));
}

TEST_CASE("of the dev images that it was learned from, as many captions are acceptable as the confidences say") {
  if (!has_program()) return;
  double expected = 0, acceptable = 0, captions = 0;
  for (const auto& caption : evaluated().json.at("captions")) {
    if ((hash_bytes(caption.at("image").get<std::string>()) >> 32 & 1) != 0) continue;
    expected += caption.at("confidence").get<double>();
    acceptable += caption.at("cider_d").get<double>() >= .7 ? 1 : 0;
    ++captions;
  }
  REQUIRE(captions > 20);
  CHECK(expected / captions == doctest::Approx(acceptable / captions).epsilon(.03));
}

TEST_CASE(
    "caption shows the confidence that evaluate measured: always as JSON, in text and CSV where it is asked for") {
  if (!has_program()) return;
  const auto first = by_trust().front();
  const std::string image = tuned().image(first.at("image"));
  const auto json = nlohmann::json::parse(caption_tuned({"--format", "json", image}).out);
  CHECK(json.at("caption") == first.at("caption"));
  CHECK(json.at("confidence").get<double>() == doctest::Approx(first.at("confidence").get<double>()).epsilon(1e-3));
  const std::string plain = caption_tuned({image}).out;
  CHECK(plain == image + '\t' + first.at("caption").get<std::string>() + '\n');
  const std::string shown = caption_tuned({"--confidence", image}).out;
  REQUIRE(shown.starts_with(plain.substr(0, plain.size() - 1) + '\t'));
  CHECK(std::stod(shown.substr(plain.size())) == doctest::Approx(json.at("confidence").get<double>()).epsilon(.01));
  const auto csv = lines_of(caption_tuned({"--confidence", "--format", "csv", "--captions", "2", image}).out);
  REQUIRE(csv.size() == 3);
  CHECK(csv[0] == "image,caption,probability,confidence");
  CHECK(csv[1].ends_with(shown.substr(plain.size(), 5)));
  CHECK(csv[2].ends_with(","));
}

TEST_CASE("with --at-least nothing is said that is trusted less, and all else as ever") {
  if (!has_program()) return;
  const auto captions = by_trust();
  const auto& best = captions.front();
  const auto& worst = captions.back();
  const double between = (best.at("confidence").get<double>() + worst.at("confidence").get<double>()) / 2;
  const Arguments images{tuned().image(worst.at("image")), tuned().image(best.at("image"))};
  const Finished finished = caption_tuned(Arguments{"--at-least", message(between)} + images);
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  CHECK(finished.out == images[0] + "\t\n" + images[1] + '\t' + best.at("caption").get<std::string>() + '\n');
  CHECK(caption_tuned(Arguments{"--at-least", "0"} + images).out == caption_tuned(images).out);
  const auto json = nlohmann::json::parse(caption_tuned({"--at-least", "1", "--format", "json", images[1]}).out);
  CHECK(json.at("caption") == "");
  CHECK(json.at("confidence").get<double>() > between);
}

TEST_CASE("with --hedge doubtful captions say that they are") {
  if (!has_program()) return;
  const auto captions = by_trust();
  const auto& worst = captions.back();
  REQUIRE(worst.at("confidence").get<double>() < .5);
  const std::string hedged = caption_tuned({"--hedge", tuned().image(worst.at("image"))}).out;
  CHECK(contains(hedged, "possibly "));
  CHECK(contains(hedged, worst.at("caption").get<std::string>()));
  for (const auto& caption : captions) {
    if (caption.at("confidence").get<double>() < .5) break;
    const std::string image = tuned().image(caption.at("image"));
    CHECK(caption_tuned({"--hedge", image}).out == caption_tuned({image}).out);
    break;
  }
}

TEST_CASE("captions that are made as no confidence was learned for have none, and asking for it says why") {
  if (!has_program()) return;
  const std::string image = tuned().image(evaluated().json.at("captions")[0].at("image"));
  CHECK(nlohmann::json::parse(caption_tuned({"--format", "json", "--beam", "1", image}).out).contains("confidence"));
  for (const Arguments& other : {Arguments{"--sample"}, Arguments{"--mirror-too"}, Arguments{"--begin", "a"},
                                 Arguments{"--run", tuned().run.string()}}) {
    CAPTURE(other.front());
    CHECK_FALSE(
        nlohmann::json::parse(caption_tuned(other + Arguments{"--format", "json", image}).out).contains("confidence"));
    check_refused(caption_tuned(other + Arguments{"--at-least", ".5", image}), {"--at-least: ", "no confidence"});
  }
  CHECK_FALSE(EvaluatedRun({"--mirror-too"}).json.contains("confidence"));
}

TEST_CASE("a captioner without a confidence says what it always said, and refuses what needs one") {
  if (!has_program()) return;
  const std::string image = trained().image(0);
  const Arguments caption{"caption", "--run", trained().run.string(), image};
  CHECK_FALSE(nlohmann::json::parse(run_program(caption + Arguments{"--format", "json"}).out).contains("confidence"));
  for (const std::string option : {"--hedge", "--confidence", "--at-least=0.5"}) {
    CAPTURE(option);
    check_refused(run_program(caption + Arguments{option}), {"has no confidence; captioner tune learns it"});
  }
  for (const std::string wrong : {"1.5", "-0.1", "nan", "half"}) {
    CAPTURE(wrong);
    check_refused(run_program(caption + Arguments{"--at-least=" + wrong}), {"--at-least"});
  }
}

TEST_CASE("tune says where dev has too few images to learn a confidence from them") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = copy_of(trained().run, folder / "run");
  const Finished finished = run_program({"tune", "--run", run.string(), "--data", trained().data.string()});
  CHECK(finished.status == 0);
  CHECK(contains(finished.err, "gets no confidence: no image of dev is of the half that it is learned from"));
}

TEST_CASE(
    "tune --confidence-only learns the same confidence again for the settings that the file has, and needs some") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = copy_of(tuned().run, folder / "run");
  const Arguments tune{"tune", "--run", run.string(), "--data", tuned().data.string(), "--confidence-only"};
  const Finished finished = run_program(tune);
  CHECK(finished.status == 0);
  CHECK(line_count(finished.out) == 2);
  CHECK((file_text(run / "model.safetensors") == file_text(tuned().model())));
  const Arguments untuned{"--run", trained().run.string(), "--data", trained().data.string()};
  check_refused(run_program(Arguments{"tune", "--confidence-only"} + untuned), {"--confidence-only", "no settings"});
}

TEST_CASE("a model whose confidence is damaged is refused") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string image = tuned().image(evaluated().json.at("captions")[0].at("image"));
  const auto check = [&](const std::string& key, const std::string& text, const std::string& said) {
    const auto run = copy_of(tuned().run, folder / key);
    const auto model = run / "model.safetensors";
    rewrite_metadata(model, {{key, text}});
    check_refused(run_program({"caption", "--run", run.string(), image}), {model.string(), said});
  };
  check("confidence_bias", "much", "confidence_bias is \"much\"");
  check("confidence_typical_pooled", "1 2 3", "its confidence is of 3 pooled features, but the model has ");
  check("confidence_typical_grid", "x", "number 1 of confidence_typical_grid is none");
}

TEST_CASE("what the captioner in the box does not know, it trusts itself with less than the lowest fifth of dev") {
  if (!has_program()) return;
  const fs::path photographs = shared_folder() / "free-photographs";
  const fs::path flickr8k = shared_folder() / "flickr8k";
  if (!fs::exists(photographs) || !fs::exists(flickr8k / "captions.txt")) {
    MESSAGE("skipped: there is no ", photographs, " or ", flickr8k);
    return;
  }
  const auto data = read_flickr8k(flickr8k, 0);
  Arguments caption{"caption", "--format", "json"};
  for (const char* const name : {"chelsea.png", "coffee.png", "rocket.jpg"}) {
    caption.push_back((photographs / name).string());
  }
  const auto& dev = data[Split::dev];
  for (std::size_t i = 0; i < dev.size(); i += 20) caption.push_back((data.image_folder / dev[i].image).string());
  const Finished finished = run_program(caption);
  if (finished.status == 0 && !contains(finished.out, "\"confidence\"")) {
    MESSAGE("skipped: the captioner in the box has no confidence; captioner tune learns it");
    return;
  }
  REQUIRE(finished.status == 0);
  std::vector<double> confidences;
  for (const std::string& line : lines_of(finished.out)) {
    confidences.push_back(nlohmann::json::parse(line).at("confidence"));
  }
  const std::vector<double> unknown(confidences.begin(), confidences.begin() + 3);
  std::vector<double> known(confidences.begin() + 3, confidences.end());
  std::ranges::sort(known);
  for (const double confidence : unknown) CHECK(confidence < known[known.size() / 5]);
}
