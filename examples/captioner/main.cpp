// captioner: trains a network to say in one line what a photograph shows, and says it.

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include <pupil/core/errors.hpp>

#include "../command_line/help_format.hpp"
#include "../command_line/man_page.hpp"
#include "../command_line/parse.hpp"
#include "../command_line/program.hpp"
#include "commands.hpp"
#include "common/interruption.hpp"
#include "ranks/ranks.hpp"

namespace {

constexpr const char* version = "captioner " CAPTIONER_VERSION;

const command_line::Sections& sections() {
  static const command_line::Sections all{
      {"Exit status",
       "0; 1 where some of the images could not be read and the others were; 2 for an error, which is one line on\n"
       "standard error; 130 after Ctrl-C and 143 after termination."},
      {"Environment",
       "CAPTIONER_MODEL names the captioner that is used without --run, a run's folder or a model's file.\n"
       "OMP_NUM_THREADS is the number of threads without --threads. PUPIL_ISA=avx512, avx2 or portable forces simpler\n"
       "instructions than the processor has."}};
  return all;
}

/// All names of commands, as an error lists them.
std::string command_names(const CLI::App& app) {
  std::string names;
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* const command : commands) {
    if (!names.empty()) names += command == commands.back() ? " and " : ", ";
    names += command->get_name();
  }
  return names;
}

/// Those that several processes share out; another is of one process.
bool is_shared_out(const std::string& command) {
  constexpr std::array<std::string_view, 5> shared{"features", "train", "evaluate", "caption", "bench"};
  return std::ranges::find(shared, command) != shared.end();
}

int run(int argc, char** argv) {
  CLI::App app("Trains a network to say in one line what a photograph shows, and says it.", "captioner");
  app.formatter(std::make_shared<command_line::HelpFormat>());
  app.set_version_flag("--version", version, "Print the version and exit");
  app.add_flag_callback(
      "--man-page", [&app] { throw CLI::CallForVersion(command_line::man_page(app, version, sections()), 0); },
      "Print the manual page, as man -l reads it, and exit");
  app.require_subcommand(0, 1);  // none is an error of ours, so that a word that is no command is named first
  app.fallthrough(false);
  captioner::ExitStatus status;
  captioner::add_scenes_command(app, status);
  captioner::add_describe_command(app, status);
  captioner::add_features_command(app, status);
  captioner::add_train_command(app, status);
  captioner::add_evaluate_command(app, status);
  captioner::add_tune_command(app, status);
  captioner::add_score_command(app, status);
  captioner::add_report_command(app, status);
  captioner::add_caption_command(app, status);
  captioner::add_alt_command(app, status);
  captioner::add_serve_command(app, status);
  captioner::add_classify_command(app, status);
  captioner::add_bench_command(app, status);
  app.parse_complete_callback([&app] {  // before the command's own
    for (const CLI::App* const command : app.get_subcommands()) {
      if (!is_shared_out(command->get_name())) captioner::require_one_rank(command->get_name());
    }
  });
  app.footer(command_line::footer_of(sections()));  // now: commands that come later would have it too
  if (!command_line::parse_and_run(app, argc, argv)) return 0;
  pupil::require<pupil::OptionError>(!app.get_subcommands().empty(), "no command: there are ", command_names(app),
                                     "; --help says more");
  return status.value;
}

}  // namespace

int main(int argc, char** argv) {
  return command_line::run_program("captioner", [&] {
    try {
      return run(argc, argv);
    } catch (const captioner::Interrupted& interrupted) {
      command_line::complain("captioner", interrupted.what());
      return captioner::interrupted_status();
    }
  });
}
