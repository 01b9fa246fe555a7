// captioner: trains a network to say in one line what a photograph shows, and says it.

#include <exception>
#include <iostream>
#include <new>

#include <CLI/CLI.hpp>

#include <pupil/core/errors.hpp>

#include "commands.hpp"
#include "interruption.hpp"

namespace {

constexpr int exit_bad_input = 2;

int run(int argc, char** argv) {
  CLI::App app("Trains a network to say in one line what a photograph shows, and says it.", "captioner");
  app.require_subcommand(0, 1);  // none is an error of ours, so that a word that is no command is named first
  app.fallthrough(false);
  captioner::ExitStatus status;
  captioner::add_scenes_command(app, status);
  captioner::add_features_command(app, status);
  captioner::add_train_command(app, status);
  captioner::add_evaluate_command(app, status);
  captioner::add_caption_command(app, status);
  captioner::add_classify_command(app, status);
  captioner::add_bench_command(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::cerr << "captioner: " << error.what() << "\n";
    return exit_bad_input;
  }
  pupil::require<pupil::OptionError>(
      !app.get_subcommands().empty(),
      "no command: there are scenes, features, train, evaluate, caption, classify and bench; --help says more");
  return status.value;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::cerr << "captioner: out of memory\n";
  } catch (const captioner::Interrupted& interrupted) {
    std::cerr << "captioner: " << interrupted.what() << "\n";
    return captioner::interrupted_status();
  } catch (const std::exception& error) {
    std::cerr << "captioner: " << error.what() << "\n";
  }
  return exit_bad_input;
}
