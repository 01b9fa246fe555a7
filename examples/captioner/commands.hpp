#pragma once
// The program's commands, one file each. Each adds its options to the application and what to do when it is chosen.

#include <CLI/CLI.hpp>

namespace captioner {

/// What a command ends with: 0; or 1 where some of the images could not be read. Errors are exceptions.
struct ExitStatus {
  int value = 0;
};

void add_scenes_command(CLI::App& app, ExitStatus& status);
void add_describe_command(CLI::App& app, ExitStatus& status);
void add_features_command(CLI::App& app, ExitStatus& status);
void add_train_command(CLI::App& app, ExitStatus& status);
void add_evaluate_command(CLI::App& app, ExitStatus& status);
void add_tune_command(CLI::App& app, ExitStatus& status);
void add_score_command(CLI::App& app, ExitStatus& status);
void add_report_command(CLI::App& app, ExitStatus& status);
void add_caption_command(CLI::App& app, ExitStatus& status);
void add_serve_command(CLI::App& app, ExitStatus& status);
void add_alt_command(CLI::App& app, ExitStatus& status);
void add_classify_command(CLI::App& app, ExitStatus& status);
void add_bench_command(CLI::App& app, ExitStatus& status);

}  // namespace captioner
