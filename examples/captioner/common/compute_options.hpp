#pragma once
// How a command computes, as its options: on how many threads, and how precisely products.

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/kernels/precision.hpp>

#include "../../command_line/number_checks.hpp"
#include "progress_line.hpp"

namespace captioner {

/// Throws OptionError where the name is unknown.
inline pupil::Precision precision_named(std::string_view name) {
  for (std::size_t i = 0; i < pupil::precision_names.size(); ++i) {
    if (pupil::precision_names[i] == name) return static_cast<pupil::Precision>(i);
  }
  throw pupil::OptionError(pupil::message("precision is \"", name, "\"; it may be highest, high or medium"));
}

inline CLI::Option* add_precision_option(CLI::App& command, std::string& name) {
  return command
      .add_option(
          "--precision", name,
          "Of products: fp32, or in bf16 of two parts (high, with AMX) or one (medium, with AMX or AVX-512 for bf16); "
          "weights stay fp32")
      ->check(CLI::IsMember({"highest", "high", "medium"}))
      ->capture_default_str();
}

/// A precision that this machine does not have is no error: the same work may be done where there is one.
inline void say_what_is_fp32(ProgressLine& line) {
  if (pupil::precision_in_use() == pupil::precision()) return;
  line.print("precision " + std::string(pupil::precision_name(pupil::precision())) +
             ": this processor has no bf16 products for it, they are fp32");
}

struct ComputeOptions {
  int threads = 0;  ///< 0: all processors that may be used
  std::string precision = "highest";
};

inline CLI::Option* add_threads_option(CLI::App& command, int& threads) {
  return command
      .add_option("--threads", threads,
                  "Threads; 0: all processors that this process may use, by its affinity and its container's quota")
      ->check(command_line::at_least(0, std::numeric_limits<int>::max()));
}

inline void add_compute_options(CLI::App& command, ComputeOptions& options) {
  add_precision_option(command, options.precision);
  add_threads_option(command, options.threads);
}

/// Uses so many threads from here on, or as many as there are at first where it is 0. More than the machine has a use
/// for are no error, for the same command may run on a larger machine, but it is said that they are fewer.
inline void use_threads(int threads, ProgressLine& line) {
  if (threads == 0) return;
  pupil::set_num_threads(threads);
  if (pupil::num_threads() == threads) return;
  line.print("--threads " + std::to_string(threads) + ": this machine has no use for so many, it is " +
             std::to_string(pupil::num_threads()));
}

/// Computes so from here on, and says where that many threads or the precision are not to be had.
inline void begin_to_compute(const ComputeOptions& options, ProgressLine& line) {
  use_threads(options.threads, line);
  pupil::set_precision(precision_named(options.precision));
  say_what_is_fp32(line);
}

inline void begin_to_compute(const ComputeOptions& options) {
  ProgressLine line;
  begin_to_compute(options, line);
}

}  // namespace captioner
