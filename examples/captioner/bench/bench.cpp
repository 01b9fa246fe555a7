// captioner bench: times whole workloads.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <pupil/core/parallel.hpp>
#include <pupil/models/image_network.hpp>
#include <pupil/nn/summary.hpp>

#include "../../command_line/number_checks.hpp"
#include "../../command_line/standard_streams.hpp"
#include "../commands.hpp"
#include "../common/compute_options.hpp"
#include "../ranks/ranks.hpp"
#include "../training/size_limits.hpp"
#include "busy_processes.hpp"
#include "metric_workload.hpp"
#include "workloads.hpp"

namespace captioner {

namespace {

struct BenchArguments {
  std::string only;
  ComputeOptions compute;
  int repeats = 3;
  int beside = 0;
  bool explain = false;
  Index batch_size = 32;
  Index image_size = sizes::image;
};

/// What a workload came to.
struct Timing {
  double seconds = 0;  ///< of a run
  double items = 0;    ///< that a run gets through
  const char* unit = nullptr;
};

template <class Run>
double seconds_of(const Run& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// How long `run(prepare())` takes, after one run that warms up; `run` alone is timed. Of several the fastest, which
/// other work on the machine disturbed least; where that work is what is asked about, all of them on average.
template <class Prepare, class Run>
double seconds_a_run(const BenchArguments& arguments, int repeats, const Prepare& prepare, const Run& run) {
  run(prepare());
  double fastest = 0;
  double all = 0;
  for (int i = 0; i < repeats; ++i) {
    auto input = prepare();
    const double seconds = seconds_of([&] { run(std::move(input)); });
    fastest = i == 0 ? seconds : std::min(fastest, seconds);
    all += seconds;
  }
  return arguments.beside > 0 ? all / repeats : fastest;
}

Timing time_extraction(const BenchArguments& arguments, const char* architecture) {
  const ExtractFeatures workload(architecture, arguments.batch_size, arguments.image_size);
  const double seconds = seconds_a_run(
      arguments, arguments.repeats, [] { return 0; }, [&](int) { workload.features(); });
  return {seconds, static_cast<double>(arguments.batch_size), "image"};
}

Timing time_train_end_to_end(const BenchArguments& arguments) {
  TrainEndToEnd workload(arguments.batch_size, arguments.image_size);
  const double seconds = seconds_a_run(
      arguments, arguments.repeats, [&] { return workload.images(); },
      [&](pupil::Tensor<float, 4> images) { workload.step(std::move(images)); });
  return {seconds, static_cast<double>(arguments.batch_size), "image"};
}

/// Its batch is that of the peer, whatever the other workloads' is.
Timing time_train_decoder(const BenchArguments& arguments) {
  TrainDecoder workload;
  const double seconds = seconds_a_run(
      arguments, arguments.repeats, [] { return 0; }, [&](int) { workload.step(); });
  return {seconds, static_cast<double>(sizes::decoder_batch), "caption"};
}

/// As time_train_decoder.
Timing time_train_on_metric(const BenchArguments& arguments) {
  TrainOnMetric workload;
  Index captions = 0;
  const double seconds = seconds_a_run(
      arguments, arguments.repeats, [] { return 0; }, [&](int) { captions = workload.step(); });
  return {seconds, static_cast<double>(captions), "caption"};
}

/// Takes a moment only, so it is run five times at least.
Timing time_caption_latency(const BenchArguments& arguments) {
  const CaptionLatency workload(arguments.image_size);
  std::size_t words = 0;
  const double seconds = seconds_a_run(
      arguments, std::max(arguments.repeats, 5), [] { return 0; }, [&](int) { words = workload.caption().size(); });
  pupil::require<pupil::NumericError>(static_cast<Index>(words) == sizes::words, "bench: a caption ended after ", words,
                                      " words");
  return {seconds, 1, "caption"};
}

struct Workload {
  const char* name;
  Timing (*time)(const BenchArguments&);
  const char* network = "";  ///< that looks at the images, if there is one
};

constexpr std::array<Workload, 7> workloads{
    {{"extract-vgg16", [](const BenchArguments& arguments) { return time_extraction(arguments, "vgg16"); }, "vgg16"},
     {"extract-resnet50", [](const BenchArguments& arguments) { return time_extraction(arguments, "resnet50"); },
      "resnet50"},
     {"extract-mobilenet_v2",
      [](const BenchArguments& arguments) { return time_extraction(arguments, "mobilenet_v2"); }, "mobilenet_v2"},
     {"train-end-to-end", time_train_end_to_end, "resnet18"},
     {"train-decoder", time_train_decoder},
     {"train-on-metric", time_train_on_metric},
     {"caption-latency", time_caption_latency}}};

/// By which algorithms the convolutions of a network are computed for a batch of the workloads'.
std::string explain_network(const BenchArguments& arguments, const char* architecture) {
  pupil::Rng rng(1);
  pupil::ImageNetwork<float> network({.architecture = architecture, .image_size = arguments.image_size}, rng);
  const pupil::Shape images{arguments.batch_size, arguments.image_size, arguments.image_size, Index{3}};
  return explain(summary(network, images));
}

/// What a step of several ranks came to.
struct SharedTiming {
  Timing overlapped;  ///< gradients are sent while others are computed
  Timing sent_after;  ///< they are sent after backward
  Timing without;     ///< each rank steps by itself
};

/// Of train-end-to-end: every rank has its share of the batch.
SharedTiming time_shared_training(const BenchArguments& arguments, const Ranks& ranks) {
  const Index share = arguments.batch_size / ranks.size();
  pupil::require<pupil::OptionError>(share >= 2 && share * ranks.size() == arguments.batch_size,
                                     "bench: ", ranks.size(), " ranks cannot share out --batch-size ",
                                     arguments.batch_size, " equally, two images or more a rank");
  TrainEndToEnd workload(share, arguments.image_size);
  const auto gradients = ranks.shard_gradients(workload.trained_part(), 0);
  const auto seconds_together = [&](const auto& step) {
    auto images = workload.images();
    ranks.wait_for_all();
    return seconds_of([&] { step(std::move(images)); });
  };
  using Images = pupil::Tensor<float, 4>;
  std::array<std::vector<double>, 3> seconds;
  for (int i = 0; i <= arguments.repeats; ++i) {  // in turn, so that what disturbs one disturbs the others
    seconds[0].push_back(seconds_together([&](Images images) { workload.step(std::move(images), *gradients, true); }));
    seconds[1].push_back(seconds_together([&](Images images) { workload.step(std::move(images), *gradients, false); }));
    seconds[2].push_back(seconds_together([&](Images images) { workload.step(std::move(images)); }));
  }
  const auto fastest = [&](std::vector<double> each) -> Timing {
    each.erase(each.begin());  // warms up
    return {std::ranges::min(each), static_cast<double>(arguments.batch_size), "image"};
  };
  return {.overlapped = fastest(seconds[0]), .sent_after = fastest(seconds[1]), .without = fastest(seconds[2])};
}

/// One line of output, with `end` behind it.
std::string row(const char* name, const Timing& timing, const std::string& end = "") {
  const pupil::Precision precision = pupil::precision_in_use();
  const std::string type = precision == pupil::Precision::highest ? "float32" : std::string(precision_name(precision));
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), "%-22s %-9s threads=%d %9.1f ms %9.1f %s/s", name, type.c_str(),
                pupil::num_threads(), timing.seconds * 1e3, timing.items / timing.seconds, timing.unit);
  return line.data() + end + "\n";
}

/// Times a workload again beside busy processes, and adds how much of the rate is left.
std::string row_beside(const BenchArguments& arguments, const Workload& workload, const Timing& alone) {
  const BusyProcesses others(arguments.beside);
  const Timing timing = workload.time(arguments);
  std::array<char, 80> end{};
  std::snprintf(end.data(), end.size(), "  beside %d: %.2f of the rate alone", arguments.beside,
                alone.seconds / timing.seconds);
  return row(workload.name, timing, end.data());
}

/// How many ranks, and which part of a step they wait for gradients.
std::string row_of_ranks(const char* name, const SharedTiming& timing, const Ranks& ranks) {
  const auto percent_of = [&](const Timing& together) {
    return 100 * std::max(0.0, 1 - timing.without.seconds / together.seconds);
  };
  std::array<char, 120> end{};
  std::snprintf(end.data(), end.size(),
                "  ranks=%ld: %.1f %% for gradients, %.1f %% where they are sent after backward",
                static_cast<long>(ranks.size()), percent_of(timing.overlapped), percent_of(timing.sent_after));
  return row(name, timing.overlapped, end.data());
}

void time_together(const BenchArguments& arguments, const Ranks& ranks) {
  ranks.require_same("version", CAPTIONER_VERSION);
  ranks.require_same("--batch-size", std::to_string(arguments.batch_size));
  ranks.require_same("--image-size", std::to_string(arguments.image_size));
  ranks.require_same("--repeats", std::to_string(arguments.repeats));
  constexpr const char* timed = "train-end-to-end";
  pupil::require<pupil::OptionError>(arguments.only == timed && arguments.beside == 0,
                                     "bench: several ranks time --only ", timed, ", and nothing beside it");
  share_processors(ranks);
  ProgressLine line(!ranks.is_first());
  begin_to_compute(arguments.compute, line);
  const SharedTiming timing = time_shared_training(arguments, ranks);
  if (ranks.is_first()) command_line::write_output(row_of_ranks(timed, timing, ranks));
}

void time_alone(const BenchArguments& arguments) {
  require_memory_for_images(arguments.batch_size, arguments.image_size);
  begin_to_compute(arguments.compute);
  for (const Workload& workload : workloads) {
    if (!arguments.only.empty() && arguments.only != workload.name) continue;
    if (arguments.explain && *workload.network != '\0') {
      command_line::write_output(explain_network(arguments, workload.network));
    }
    const Timing alone = workload.time(arguments);
    command_line::write_output(row(workload.name, alone));
    if (arguments.beside > 0) command_line::write_output(row_beside(arguments, workload, alone));
  }
}

void bench(const BenchArguments& arguments) {
  const auto ranks = start_ranks();
  ranks->run([&] { ranks->is_alone() ? time_alone(arguments) : time_together(arguments, *ranks); });
}

}  // namespace

void add_bench_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command = app.add_subcommand("bench", "Time whole workloads, with random weights and images");
  const auto arguments = std::make_shared<BenchArguments>();
  std::vector<std::string> names;
  for (const Workload& workload : workloads) names.emplace_back(workload.name);
  command->add_option("--only", arguments->only, "The one workload to time")->check(CLI::IsMember(names));
  add_compute_options(*command, arguments->compute);
  command
      ->add_option("--repeats", arguments->repeats, "The fastest of so many runs counts, with --beside their average")
      ->check(command_line::from_to(1, 1'000'000))
      ->capture_default_str();
  command
      ->add_option("--beside", arguments->beside,
                   "Time each workload a second time, beside so many processes that keep a processor busy each")
      ->check(command_line::from_to(0, 1000));
  command->add_flag("--explain", arguments->explain,
                    "Print first by which algorithms the convolutions of a workload's network are computed");
  command
      ->add_option("--batch-size", arguments->batch_size, "Images a training step, or that features are extracted of")
      ->check(command_line::from_to(Index{2}, Index{100'000}))
      ->capture_default_str();
  command->add_option("--image-size", arguments->image_size, "Pixels a side")
      ->check(command_line::from_to(Index{32}, Index{10'000}))
      ->capture_default_str();
  command->callback([arguments] { bench(*arguments); });
}

}  // namespace captioner
