// captioner caption: what each image shows, in one line, a file or a page.

#include <memory>

#include "../commands.hpp"
#include "caption_arguments.hpp"
#include "caption_run.hpp"

namespace captioner {

void add_caption_command(CLI::App& app, ExitStatus& status) {
  CLI::App* const command = app.add_subcommand("caption", "Say in one line what each image shows");
  const auto arguments = std::make_shared<CaptionArguments>();
  add_caption_options(*command, *arguments);
  command->callback([arguments, &status] { run_caption(*arguments, status); });
}

}  // namespace captioner
