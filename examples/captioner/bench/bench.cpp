// captioner bench: times whole workloads.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <pupil/core/parallel.hpp>

#include "../../command_line/number_checks.hpp"
#include "../../command_line/standard_streams.hpp"
#include "../commands.hpp"
#include "../common/compute_options.hpp"
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
  Index batch_size = 32;
  Index image_size = sizes::image;
};

/// What a workload came to.
struct Timing {
  double seconds = 0;  ///< of a run
  double items = 0;    ///< that a run gets through
  const char* unit = nullptr;
};

/// How long `run(prepare())` takes, after one run that warms up; `run` alone is timed. Of several the fastest, which
/// other work on the machine disturbed least; where that work is what is asked about, all of them on average.
template <class Prepare, class Run>
double seconds_a_run(const BenchArguments& arguments, int repeats, const Prepare& prepare, const Run& run) {
  using Clock = std::chrono::steady_clock;
  run(prepare());
  double fastest = 0;
  double all = 0;
  for (int i = 0; i < repeats; ++i) {
    auto input = prepare();
    const auto start = Clock::now();
    run(std::move(input));
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
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
};

constexpr std::array<Workload, 7> workloads{
    {{"extract-vgg16", [](const BenchArguments& arguments) { return time_extraction(arguments, "vgg16"); }},
     {"extract-resnet50", [](const BenchArguments& arguments) { return time_extraction(arguments, "resnet50"); }},
     {"extract-mobilenet_v2",
      [](const BenchArguments& arguments) { return time_extraction(arguments, "mobilenet_v2"); }},
     {"train-end-to-end", time_train_end_to_end},
     {"train-decoder", time_train_decoder},
     {"train-on-metric", time_train_on_metric},
     {"caption-latency", time_caption_latency}}};

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

void time_workloads(const BenchArguments& arguments) {
  require_memory_for_images(arguments.batch_size, arguments.image_size);
  begin_to_compute(arguments.compute);
  for (const Workload& workload : workloads) {
    if (!arguments.only.empty() && arguments.only != workload.name) continue;
    const Timing alone = workload.time(arguments);
    command_line::write_output(row(workload.name, alone));
    if (arguments.beside > 0) command_line::write_output(row_beside(arguments, workload, alone));
  }
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
  command
      ->add_option("--batch-size", arguments->batch_size, "Images a training step, or that features are extracted of")
      ->check(command_line::from_to(Index{2}, Index{100'000}))
      ->capture_default_str();
  command->add_option("--image-size", arguments->image_size, "Pixels a side")
      ->check(command_line::from_to(Index{32}, Index{10'000}))
      ->capture_default_str();
  command->callback([arguments] { time_workloads(*arguments); });
}

}  // namespace captioner
