// pupil_bench [--threads=N] [--batch=N] [Google Benchmark's options]
//
//   --threads  of parallel_for; without it OMP_NUM_THREADS of them, or one for every processor that it may use
//   --batch    images a pass, 32 without it; captions go along, one an image
//
//   pupil_bench --benchmark_filter=train-end-to-end --benchmark_repetitions=3

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <streambuf>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/kernels/instruction_set.hpp>

#include "../examples/command_line/program.hpp"
#include "benchmarks.hpp"
#include "machine.hpp"
#include "peers/peers.hpp"

namespace {

struct Settings {
  int threads = pupil::num_threads();
  int batch = 32;
};

/// Where the argument is `name` and a number, stores the number.
bool read_number(std::string_view argument, std::string_view name, int& number) {
  if (!argument.starts_with(name)) return false;
  argument.remove_prefix(name.size());
  const auto [end, error] = std::from_chars(argument.begin(), argument.end(), number);
  pupil::require<pupil::OptionError>(error == std::errc() && end == argument.end() && number >= 1, name, argument,
                                     ": a number from 1 on is wanted");
  return true;
}

Settings read_settings(int count, char** arguments) {
  Settings settings;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    const bool known =
        read_number(argument, "--threads=", settings.threads) || read_number(argument, "--batch=", settings.batch);
    pupil::require<pupil::OptionError>(known, "unknown argument ", argument);
  }
  return settings;
}

void describe_machine(const Settings& settings) {
  const auto set = static_cast<std::size_t>(pupil::instruction_set());
  benchmark::AddCustomContext("threads", std::to_string(pupil::num_threads()));
  benchmark::AddCustomContext("instruction_set", std::string(pupil::instruction_set_names[set]));
  benchmark::AddCustomContext("batch", std::to_string(settings.batch));
}

void describe_peaks() {
  const bench::Machine& machine = bench::machine();
  benchmark::AddCustomContext("peak_fp32_gflops", std::to_string(machine.fp32));
  benchmark::AddCustomContext("peak_bf16_tiles_gflops", machine.bf16_tiles > 0
                                                            ? std::to_string(machine.bf16_tiles)
                                                            : "skipped: there are no AMX tiles here");
  benchmark::AddCustomContext("memory_gb_s", std::to_string(machine.bandwidth));
}

void add_benchmarks(pupil::Index batch, int threads) {
  bench::add_gemm();
  bench::add_conv2d(batch);
  bench::add_pool2d(batch);
  bench::add_batch_norm2d(batch);
  bench::add_activations(batch);
  bench::add_basic_block(batch);
  bench::add_dense(batch);
  bench::add_embedding(batch);
  bench::add_lstm(batch);
  bench::add_dropout(batch);
  bench::add_softmax_cross_entropy(batch);
  bench::add_optimizers();
  bench::add_cider_d_reward(batch);
  bench::add_comparisons(batch, threads);
  bench::add_caption_latency();
  bench::add_training_steps(batch);
}

/// Standard output for std::cout, through which Google Benchmark reports: what cannot be written is an error at once.
class CheckedOutput : public std::streambuf {
 public:
  CheckedOutput() : before_(std::cout.rdbuf(this)) { std::cout.exceptions(std::ios::badbit); }
  CheckedOutput(const CheckedOutput&) = delete;
  CheckedOutput& operator=(const CheckedOutput&) = delete;
  ~CheckedOutput() override {
    std::cout.exceptions(std::ios::goodbit);
    std::cout.rdbuf(before_);
  }

 protected:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    command_line::write_output({text, static_cast<std::size_t>(size)});
    return size;
  }
  int_type overflow(int_type c) override {
    const char letter = traits_type::to_char_type(c);
    command_line::write_output({&letter, 1});
    return c;
  }

 private:
  std::streambuf* before_;
};

/// Where an argument asks for a report in a file, its path. Google Benchmark takes that argument away.
std::filesystem::path report_file(int count, char** arguments) {
  constexpr std::string_view option = "--benchmark_out=";
  std::filesystem::path file;
  for (int i = 1; i < count; ++i) {
    if (std::string_view(arguments[i]).starts_with(option)) file = arguments[i] + option.size();
  }
  return file;
}

/// Google Benchmark does not look whether there was space for its report, which as JSON ends with a brace.
void require_whole(const std::filesystem::path& file) {
  if (std::filesystem::exists(file) && !std::filesystem::is_regular_file(file)) return;  // a device cannot be read back
  std::ifstream report(file);
  char c = '\0', first = '\0', last = '\0';
  while (report >> c) {
    if (first == '\0') first = c;
    last = c;
  }
  const bool is_whole = first == '{' ? last == '}' : first != '\0';
  pupil::require<pupil::FileError>(is_whole, file.string(), ": the report could not be written to its end");
}

int run(int count, char** arguments) {
  const CheckedOutput checked;
  const std::filesystem::path report = report_file(count, arguments);
  benchmark::Initialize(&count, arguments);
  const Settings settings = read_settings(count, arguments);
  pupil::set_num_threads(settings.threads);
  describe_machine(settings);
  describe_peaks();
  add_benchmarks(settings.batch, settings.threads);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (!report.empty()) require_whole(report);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  return command_line::run_program("pupil_bench", [&] { return run(count, arguments); });
}
