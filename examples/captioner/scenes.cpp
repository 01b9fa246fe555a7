// captioner scenes: writes a data set of generated pictures.

#include <memory>
#include <string>

#include <pupil/data/scenes.hpp>

#include "../command_line/number_checks.hpp"
#include "../command_line/standard_streams.hpp"
#include "commands.hpp"
#include "common/interruption.hpp"
#include "common/progress_line.hpp"

namespace captioner {

namespace {

struct ScenesArguments {
  std::string out;
  pupil::captioning::ScenesOptions scenes;
};

void write(const ScenesArguments& arguments) {
  command_line::require_output();
  note_interruptions();
  {
    ProgressLine line;
    pupil::captioning::write_scenes(arguments.out, arguments.scenes, [&](pupil::Index done, pupil::Index total) {
      stop_if_interrupted();
      line.show("drawing scenes: " + std::to_string(done) + " of " + std::to_string(total));
    });
  }
  command_line::write_output(pupil::message(arguments.scenes.count, " pictures with five captions each in ",
                                            command_line::one_line(arguments.out), "\n"));
}

}  // namespace

void add_scenes_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command = app.add_subcommand("scenes", "Write a data set of generated pictures with captions");
  const auto arguments = std::make_shared<ScenesArguments>();
  command->add_option("--out", arguments->out, "Folder to write, in Kaggle's form of Flickr8k")->required();
  command->add_option("--count", arguments->scenes.count, "How many pictures")
      ->check(command_line::at_least(pupil::Index{1}, pupil::Index{100'000'000}))
      ->capture_default_str();
  command->add_option("--seed", arguments->scenes.seed, "The same seed draws the same pictures")->capture_default_str();
  command->add_option("--image-size", arguments->scenes.image_size, "Pixels a side")
      ->check(command_line::from_to(pupil::Index{16}, pupil::Index{4096}))
      ->capture_default_str();
  command->add_flag("--overwrite", arguments->scenes.overwrite, "Take the place of scenes that are there already");
  command->callback([arguments] { write(*arguments); });
}

}  // namespace captioner
