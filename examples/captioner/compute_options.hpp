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

#include "../command_line/number_checks.hpp"
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
  int threads = 0;  ///< 0: all processors
  std::string precision = "highest";
};

inline void add_compute_options(CLI::App& command, ComputeOptions& options) {
  add_precision_option(command, options.precision);
  command.add_option("--threads", options.threads, "Threads; 0: all processors")
      ->check(command_line::at_least(0, std::numeric_limits<int>::max()));
}

/// Computes so from here on, and says where the precision is not to be had.
inline void begin_to_compute(const ComputeOptions& options) {
  if (options.threads > 0) pupil::set_num_threads(options.threads);
  pupil::set_precision(precision_named(options.precision));
  ProgressLine line;
  say_what_is_fp32(line);
}

}  // namespace captioner
