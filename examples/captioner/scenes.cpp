// captioner scenes: writes a data set of generated pictures.

#include <iostream>
#include <memory>
#include <string>

#include <pupil/data/scenes.hpp>

#include "commands.hpp"
#include "interruption.hpp"
#include "progress_line.hpp"

namespace captioner {

namespace {

struct ScenesArguments {
  std::string out;
  pupil::ScenesOptions scenes;
};

void write(const ScenesArguments& arguments) {
  note_interruptions();
  {
    ProgressLine line;
    pupil::write_scenes(arguments.out, arguments.scenes, [&](pupil::Index done, pupil::Index total) {
      stop_if_interrupted();
      line.show("drawing scenes: " + std::to_string(done) + " of " + std::to_string(total));
    });
  }
  std::cout << arguments.scenes.count << " pictures with five captions each in " << arguments.out << "\n";
}

}  // namespace

void add_scenes_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command = app.add_subcommand("scenes", "Write a data set of generated pictures with captions");
  const auto arguments = std::make_shared<ScenesArguments>();
  command->add_option("--out", arguments->out, "Folder to write, in Kaggle's form of Flickr8k")->required();
  command->add_option("--count", arguments->scenes.count, "How many pictures")->capture_default_str();
  command->add_option("--seed", arguments->scenes.seed, "The same seed draws the same pictures")->capture_default_str();
  command->add_option("--image-size", arguments->scenes.image_size, "Pixels a side")->capture_default_str();
  command->add_flag("--overwrite", arguments->scenes.overwrite, "Take the place of scenes that are there already");
  command->callback([arguments] { write(*arguments); });
}

}  // namespace captioner
