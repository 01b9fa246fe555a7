// captioner features: what a pretrained encoder makes of every image, once, for training on it.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <pupil/data/data_forms.hpp>
#include <pupil/data/feature_extraction.hpp>
#include <pupil/data/folders.hpp>
#include <pupil/io/progress_bar.hpp>

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
#include "../ranks/ranks.hpp"
#include "../ranks/rounds.hpp"
#include "shared_features.hpp"
#include "size_limits.hpp"

namespace captioner {

namespace {

using pupil::Index;

struct FeaturesArguments {
  std::string encoder;
  std::string weights;
  std::string data;
  pupil::captioning::FormOptions form;
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
std::vector<std::string> image_names(const pupil::captioning::CaptionedImages& data) {
  std::vector<std::string> names;
  for (const auto& samples : data.samples) {
    for (const pupil::captioning::Sample& sample : samples) names.push_back(sample.image);
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
                  static_cast<long>(total), rate,
                  pupil::format_duration(static_cast<double>(total - done) / rate).c_str());
    line_.show(text);
  }

 private:
  using Clock = std::chrono::steady_clock;

  ProgressLine& line_;
  Clock::time_point start_ = Clock::now();
  Index first_ = -1;
};

pupil::captioning::FeatureExtractionOptions extraction_options(const FeaturesArguments& arguments,
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

/// What the features are made with and of, which every rank has.
class FeatureInputs {
 public:
  FeatureInputs(const FeaturesArguments& arguments, ProgressLine& line)
      : weights_(arguments.weights),
        network_(loaded_network(arguments, weights_)),
        data_(pupil::captioning::read_captioned_images(arguments.data, arguments.form)),
        names_(image_names(data_)),
        options_(extraction_options(arguments, weights_, network_)) {
    require_memory_for_images(arguments.batch_size, network_.options().image_size);
    mention_ignored(weights_, line);
    for (const std::string& warning : data_.warnings()) line.print("captioner: " + warning);
  }

  void require_same(const Ranks& ranks) const {
    const pupil::captioning::FeatureDescription& description = options_.description;
    ranks.require_same("--weights", description.weights);
    ranks.require_same("--kind", description.kind);
    ranks.require_same("--precision", description.precision);
    ranks.require_same("--image-size", std::to_string(description.image_size));
    ranks.require_same("--flips", description.flips ? "on" : "off");
    ranks.require_same("--batch-size", std::to_string(options_.batch_size));
    require_same_list(ranks, "images", names_);
  }

  const std::filesystem::path& image_folder() const { return data_.image_folder; }
  const std::vector<std::string>& names() const { return names_; }
  const pupil::captioning::FeatureExtractionOptions& options() const { return options_; }

  /// Of these of the names. Throws Interrupted.
  pupil::captioning::ExtractedFeatures features_of(std::span<const Index> rows) const {
    const auto encoded = [&](const pupil::Tensor<float, 4>& images) {
      stop_if_interrupted();
      if (options_.description.kind == "pooled") return network_.pooled(images);
      auto grid = network_.grid(images);
      const pupil::Shape<2> shape{grid.dim(0), grid.size() / grid.dim(0)};
      return std::move(grid).reshaped(shape);
    };
    return pupil::captioning::FeatureReader(data_.image_folder, names_, options_, encoded)(rows);
  }

 private:
  static pupil::ImageNetwork<float> loaded_network(const FeaturesArguments& arguments,
                                                   const pupil::PretrainedWeights& weights) {
    if (arguments.image_size > 0) require_visible(weights.architecture(), arguments.image_size);
    pupil::Rng unused = pupil::Rng(0).leaving_weights();
    pupil::ImageNetwork<float> network(network_options(weights, arguments.encoder, arguments.image_size), unused);
    weights.load(network);
    return network;
  }

  pupil::PretrainedWeights weights_;
  pupil::ImageNetwork<float> network_;
  pupil::captioning::CaptionedImages data_;
  std::vector<std::string> names_;
  pupil::captioning::FeatureExtractionOptions options_;
};

/// What the first rank does: it writes, and hands out batches.
pupil::captioning::FeatureCache extract(const FeaturesArguments& arguments, const FeatureInputs& inputs,
                                        const Ranks& ranks, ProgressLine& line) {
  const auto features_of = [&](std::span<const Index> rows) { return inputs.features_of(rows); };
  const SharedFeatures shared(ranks, inputs.options().batch_size, features_of);
  pupil::captioning::FeatureExtractionOptions options = inputs.options();
  options.batch_size *= ranks.size();
  const auto source = [&](std::span<const Index> rows) { return shared.features_of(rows); };
  auto cache = pupil::captioning::make_feature_cache(arguments.out, inputs.image_folder(), inputs.names(), options,
                                                     source, ExtractionProgress(line));
  end_rounds(ranks);
  return cache;
}

void write_result(const FeaturesArguments& arguments, const pupil::captioning::FeatureCache& cache,
                  ProgressLine& line) {
  report_skipped(cache.skipped(), line);
  command_line::write_output(pupil::message(arguments.kind, " features ",
                                            pupil::format_extents(cache.description().shape), " of ",
                                            cache.size() - static_cast<Index>(cache.skipped().size()),
                                            " images are in ", command_line::one_line(arguments.out), "\n"));
}

void features_as(const Ranks& ranks, const FeaturesArguments& arguments) {
  ranks.require_same("version", CAPTIONER_VERSION);
  if (ranks.is_first()) {
    std::vector<std::filesystem::path> files = caption_files(arguments.data, arguments.form);
    files.emplace_back(arguments.weights);
    require_input_kept("--out", arguments.out, files);
  }
  ProgressLine line(!ranks.is_first());
  share_processors(ranks);
  begin_to_compute(arguments.compute, line);
  const FeatureInputs inputs(arguments, line);
  inputs.require_same(ranks);
  if (ranks.is_first()) {
    write_result(arguments, extract(arguments, inputs, ranks, line), line);
  } else {
    const auto features_of = [&](std::span<const Index> rows) { return inputs.features_of(rows); };
    SharedFeatures(ranks, inputs.options().batch_size, features_of).take_part();
  }
}

void features(const FeaturesArguments& arguments) {
  command_line::require_output();
  note_interruptions();
  const auto ranks = start_ranks();
  ranks->run([&] { pupil::captioning::with_file_errors([&] { features_as(*ranks, arguments); }); });
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
