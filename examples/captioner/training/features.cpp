// captioner features: what a pretrained encoder makes of every image, once, for training on it.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <pupil/core/parallel.hpp>
#include <pupil/data/data_forms.hpp>
#include <pupil/data/feature_extraction.hpp>
#include <pupil/data/folders.hpp>

#include "../../command_line/number_checks.hpp"
#include "../../command_line/standard_streams.hpp"
#include "../commands.hpp"
#include "../common/compute_options.hpp"
#include "../common/form_options.hpp"
#include "../common/interruption.hpp"
#include "../common/kept_inputs.hpp"
#include "../common/pretrained.hpp"
#include "../common/progress_line.hpp"
#include "../common/skipped_images.hpp"
#include "size_limits.hpp"

namespace captioner {

namespace {

using pupil::Index;

struct FeaturesArguments {
  std::string encoder;
  std::string weights;
  std::string data;
  pupil::FormOptions form;
  std::string out;
  std::string kind = "pooled";
  std::string save_precision = "fp32";
  bool flips = false;
  bool overwrite = false;
  Index batch_size = 16;
  Index image_size = 0;
  ComputeOptions compute;
};

/// The images of all splits, in an order that does not depend on the splits.
std::vector<std::string> image_names(const pupil::CaptionedImages& data) {
  std::vector<std::string> names;
  for (const auto& samples : data.samples) {
    for (const pupil::Sample& sample : samples) names.push_back(sample.image);
  }
  std::ranges::sort(names);
  return names;
}

/// Shows how far the work is, how fast, and how long it will take at that rate.
class ExtractionProgress {
 public:
  explicit ExtractionProgress(ProgressLine& line) : line_(line) {}

  void operator()(Index done, Index total) {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    if (first_ < 0) first_ = done;  // an earlier program may have done most of them
    const Index since_first = done - first_;
    if (since_first == 0) {
      start_ = Clock::now();
      return;
    }
    const double rate = static_cast<double>(since_first) / seconds;
    char text[128];
    std::snprintf(text, sizeof text, "features: %ld of %ld images, %.1f images/s, %s left", static_cast<long>(done),
                  static_cast<long>(total), rate, format_duration(static_cast<double>(total - done) / rate).c_str());
    line_.show(text);
  }

 private:
  using Clock = std::chrono::steady_clock;

  ProgressLine& line_;
  Clock::time_point start_ = Clock::now();
  Index first_ = -1;
};

pupil::FeatureExtractionOptions extraction_options(const FeaturesArguments& arguments,
                                                   const pupil::PretrainedWeights& weights,
                                                   const pupil::ImageNetwork<float>& network) {
  const bool is_grid = arguments.kind == "grid";
  const auto grid = network.grid_shape();
  return {.description = {.encoder = network.options().architecture,
                          .weights = weights.fingerprint(),
                          .kind = arguments.kind,
                          .precision = std::string(precision_name(pupil::precision_in_use())),
                          .image_size = network.options().image_size,
                          .flips = arguments.flips,
                          .dtype = arguments.save_precision == "bf16" ? pupil::Dtype::BF16 : pupil::Dtype::F32,
                          .shape = is_grid ? std::vector<Index>(grid.begin(), grid.end())
                                           : std::vector<Index>{network.pooled_size()}},
          .normalization = weights.preprocessing().normalization,
          .batch_size = arguments.batch_size,
          .overwrite = arguments.overwrite};
}

pupil::FeatureCache extract(const FeaturesArguments& arguments, ProgressLine& line) {
  std::vector<std::filesystem::path> inputs = caption_files(arguments.data, arguments.form);
  inputs.emplace_back(arguments.weights);
  require_input_kept("--out", arguments.out, inputs);
  const pupil::PretrainedWeights weights(arguments.weights);
  if (arguments.image_size > 0) require_visible(weights.architecture(), arguments.image_size);
  pupil::Rng unused = pupil::Rng(0).leaving_weights();
  pupil::ImageNetwork<float> network(network_options(weights, arguments.encoder, arguments.image_size), unused);
  weights.load(network);
  require_memory_for_images(arguments.batch_size, network.options().image_size);
  mention_ignored(weights);
  const pupil::CaptionedImages data = pupil::read_captioned_images(arguments.data, arguments.form);
  for (const std::string& warning : data.warnings()) line.print("captioner: " + warning);
  const auto features_of = [&](const pupil::Tensor<float, 4>& images) {
    stop_if_interrupted();
    if (arguments.kind == "pooled") return network.pooled(images);
    auto grid = network.grid(images);
    const pupil::Shape<2> rows{grid.dim(0), grid.size() / grid.dim(0)};
    return std::move(grid).reshaped(rows);
  };
  return pupil::extract_features(arguments.out, data.image_folder, image_names(data),
                                 extraction_options(arguments, weights, network), features_of,
                                 ExtractionProgress(line));
}

void features(const FeaturesArguments& arguments) {
  command_line::require_output();
  note_interruptions();
  begin_to_compute(arguments.compute);
  ProgressLine line;
  const pupil::FeatureCache cache = pupil::with_file_errors([&] { return extract(arguments, line); });
  report_skipped(cache.skipped(), line);
  command_line::write_output(pupil::message(arguments.kind, " features ",
                                            pupil::format_extents(cache.description().shape), " of ",
                                            cache.size() - static_cast<Index>(cache.skipped().size()),
                                            " images are in ", command_line::one_line(arguments.out), "\n"));
}

}  // namespace

void add_features_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command =
      app.add_subcommand("features", "Keep what a pretrained encoder makes of every image, to train on it");
  const auto arguments = std::make_shared<FeaturesArguments>();
  add_weights_options(*command, arguments->weights, arguments->encoder);
  add_data_option(*command, arguments->data, arguments->form);
  command->add_option("--out", arguments->out, "File to write; a killed run goes on where it stopped")->required();
  command->add_option("--kind", arguments->kind, "pooled: a row of numbers an image; grid: one for each place of it")
      ->check(CLI::IsMember({"pooled", "grid"}))
      ->capture_default_str();
  command->add_option("--save-precision", arguments->save_precision, "bf16 takes half the space of fp32")
      ->check(CLI::IsMember({"fp32", "bf16"}))
      ->capture_default_str();
  command->add_flag("--flips", arguments->flips, "The mirror images too");
  command->add_flag("--overwrite", arguments->overwrite, "Take the place of what is there already");
  command->add_option("--batch-size", arguments->batch_size, "Images that the encoder sees at a time")
      ->check(command_line::from_to(Index{1}, Index{100'000}))
      ->capture_default_str();
  command->add_option("--image-size", arguments->image_size, "Pixels a side that it sees; 0: what the weights say")
      ->check(command_line::from_to(Index{0}, Index{10'000}));
  add_compute_options(*command, arguments->compute);
  command->callback([arguments] { features(*arguments); });
}

}  // namespace captioner
