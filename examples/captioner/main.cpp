// captioner: trains a network to say in one line what a photograph shows, and says it.

#include <CLI/CLI.hpp>

#include <pupil/core/errors.hpp>

#include "../command_line/help_format.hpp"
#include "../command_line/parse.hpp"
#include "../command_line/program.hpp"
#include "commands.hpp"
#include "common/interruption.hpp"

namespace {

int run(int argc, char** argv) {
  CLI::App app("Trains a network to say in one line what a photograph shows, and says it.", "captioner");
  app.formatter(std::make_shared<command_line::HelpFormat>());
  app.set_version_flag("--version", "captioner " CAPTIONER_VERSION, "Print the version and exit");
  app.require_subcommand(0, 1);  // none is an error of ours, so that a word that is no command is named first
  app.fallthrough(false);
  captioner::ExitStatus status;
  captioner::add_scenes_command(app, status);
  captioner::add_features_command(app, status);
  captioner::add_train_command(app, status);
  captioner::add_evaluate_command(app, status);
  captioner::add_tune_command(app, status);
  captioner::add_score_command(app, status);
  captioner::add_caption_command(app, status);
  captioner::add_alt_command(app, status);
  captioner::add_classify_command(app, status);
  captioner::add_bench_command(app, status);
  if (!command_line::parse_and_run(app, argc, argv)) return 0;
  pupil::require<pupil::OptionError>(!app.get_subcommands().empty(),
                                     "no command: there are scenes, features, train, evaluate, tune, score, caption, "
                                     "alt, classify and bench; --help says more");
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
