// captioner classify: the classes that a pretrained network sees in each image.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/core/parallel.hpp>
#include <pupil/io/text_file.hpp>
#include <pupil/models/image_classifier.hpp>
#include <pupil/nn/softmax.hpp>

#include "../command_line/program.hpp"
#include "commands.hpp"
#include "common/compute_options.hpp"
#include "common/image_arguments.hpp"
#include "common/image_batches.hpp"
#include "common/json_line.hpp"
#include "common/pretrained.hpp"

namespace captioner {

namespace {

struct ClassifyArguments {
  std::vector<std::string> images;
  std::string weights;
  std::string labels;
  std::string encoder;
  std::string format = "text";
  Index top = 5;
  ComputeOptions compute;
};

/// The names of the classes, a line each.
std::vector<std::string> read_labels(const std::string& path, Index classes) {
  const pupil::captioning::TextFile file(path);
  pupil::captioning::require_utf8(file.text(), file.name());
  std::vector<std::string> labels;
  pupil::captioning::LineReader lines(file.text());
  for (std::string_view line; lines.next(line);) labels.emplace_back(line);
  pupil::require<pupil::FileError>(static_cast<Index>(labels.size()) == classes, path, ": has ", labels.size(),
                                   " lines, but the weights are of ", classes, " classes");
  return labels;
}

std::vector<std::string> class_names(const std::string& labels, Index classes) {
  if (!labels.empty()) return read_labels(labels, classes);
  std::vector<std::string> names;
  for (Index i = 0; i < classes; ++i) names.push_back("class " + std::to_string(i));
  return names;
}

/// The `count` classes with the highest of these scores, the highest first.
std::vector<Index> best_classes(const float* scores, Index classes, Index count) {
  std::vector<Index> order(static_cast<std::size_t>(classes));
  std::iota(order.begin(), order.end(), Index{0});
  const auto end = order.begin() + std::min(count, classes);
  std::partial_sort(order.begin(), end, order.end(),
                    [&](Index a, Index b) { return scores[a] > scores[b] || (scores[a] == scores[b] && a < b); });
  return {order.begin(), end};
}

/// The classes of an image, or why there are none, as an object.
nlohmann::ordered_json to_json(const std::string& path, const std::string& error, const float* scores,
                               const std::vector<Index>& best, const std::vector<std::string>& names) {
  nlohmann::ordered_json object{{"image", path}};
  if (!error.empty()) {
    object["error"] = error;
    return object;
  }
  auto& classes = object["classes"] = nlohmann::ordered_json::array();
  for (const Index c : best) {
    classes.push_back({{"class", c}, {"label", names[static_cast<std::size_t>(c)]}, {"score", scores[c]}});
  }
  return object;
}

/// The classes of an image, a line each.
std::string to_text(const std::string& path, const float* scores, const std::vector<Index>& best,
                    const std::vector<std::string>& names) {
  using command_line::field;
  std::string lines;
  for (const Index c : best) {
    char score[32];
    std::snprintf(score, sizeof score, "%.4f", static_cast<double>(scores[c]));
    lines += field(path) + '\t' + score + '\t' + field(names[static_cast<std::size_t>(c)]) + '\n';
  }
  return lines;
}

void classify(const ClassifyArguments& arguments, ExitStatus& status) {
  command_line::require_output();
  begin_to_compute(arguments.compute);
  const pupil::PretrainedWeights weights(arguments.weights);
  const pupil::ImageNetworkOptions options = network_options(weights, arguments.encoder);
  pupil::require<pupil::FileError>(weights.classes() > 0, arguments.weights, ": these weights are of ",
                                   weights.architecture(), " without its classifier");
  pupil::Rng unused = pupil::Rng(0).leaving_weights();
  pupil::ImageClassifier<float> classifier({.network = options, .classes = weights.classes()}, unused);
  weights.load(classifier);
  ProgressLine line;
  mention_ignored(weights, line);
  const Index classes = classifier.classes();
  const std::vector<std::string> names = class_names(arguments.labels, classes);

  const ImageFormat format{options.image_size, options.image_size, weights.preprocessing().normalization};
  for_each_image_batch(arguments.images, {format}, [&](const ImageBatch& batch) {
    const auto scores = pupil::Softmax<float>().forward(classifier.logits(batch.images.front()));
    pupil::require<pupil::NumericError>(std::ranges::all_of(scores, [](float score) { return std::isfinite(score); }),
                                        arguments.weights, ": the scores of these weights are not finite numbers");
    for (std::size_t i = 0; i < batch.paths.size(); ++i) {
      const std::string& error = batch.errors[i];
      if (!error.empty()) {
        status.value = 1;
        command_line::complain("captioner", error);
      }
      const float* const of_image = scores.row(static_cast<Index>(i));
      const std::vector<Index> best = best_classes(of_image, classes, arguments.top);
      if (arguments.format == "json") {
        command_line::write_output(json_line(to_json(batch.paths[i], error, of_image, best, names)) + "\n");
      } else if (error.empty()) {
        command_line::write_output(to_text(batch.paths[i], of_image, best, names));
      }
    }
  });
}

}  // namespace

void add_classify_command(CLI::App& app, ExitStatus& status) {
  CLI::App* const command = app.add_subcommand("classify", "Say which classes a pretrained network sees in each image");
  const auto arguments = std::make_shared<ClassifyArguments>();
  add_image_arguments(*command, arguments->images);
  add_weights_options(*command, arguments->weights, arguments->encoder);
  command->add_option("--labels", arguments->labels, "Names of the classes, a line each");
  command->add_option("--format", arguments->format, "text: path, tab, score, tab, name; json: an object an image")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_option("--top", arguments->top, "How many classes an image")
      ->check(command_line::from_to(Index{1}, Index{1'000'000}))
      ->capture_default_str();
  command->footer(std::string(how_names_are_written));
  add_compute_options(*command, arguments->compute);
  command->callback([arguments, &status] { classify(*arguments, status); });
}

}  // namespace captioner
