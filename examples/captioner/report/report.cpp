// captioner report: one page that shows how a captioner was trained, and what it says of a split.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <pupil/io/atomic_file.hpp>
#include <pupil/io/file_lock.hpp>

#include "../../command_line/number_checks.hpp"
#include "../../command_line/program.hpp"
#include "../commands.hpp"
#include "../common/interruption.hpp"
#include "../common/kept_inputs.hpp"
#include "../common/progress_line.hpp"
#include "../ranks/ranks.hpp"
#include "../scores/captioned_split.hpp"
#include "how_made.hpp"
#include "report_page.hpp"

namespace captioner {

namespace {

struct ReportArguments {
  SplitArguments split;
  std::string out;
  std::size_t examples = 20;
  std::uint64_t seed = 0;
};

std::vector<std::filesystem::path> image_files(const pupil::captioning::CaptionedImages& data) {
  std::vector<std::filesystem::path> files;
  for (const auto& samples : data.samples) {
    for (const pupil::captioning::Sample& sample : samples) files.push_back(data.image_folder / sample.image);
  }
  return files;
}

void make_report(const ReportArguments& arguments, const std::string& command) {
  check_search_options(arguments.split.search);
  command_line::require_output();
  note_interruptions();
  require_input_kept("--out", arguments.out, split_inputs(arguments.split));
  const pupil::captioning::FileLock lock = pupil::captioning::lock_output(arguments.out);
  pupil::TemporaryFile{arguments.out};  // throws now where it would after the work
  begin_to_compute(arguments.split.compute);
  const CaptionMaker maker(arguments.split.runs, arguments.split.search, WeightsAre::as_trained);
  ProgressLine line;
  const pupil::captioning::CaptionedImages data = read_untrained_split(maker, arguments.split, line);
  require_input_kept("--out", arguments.out, image_files(data));
  std::vector<report::ReportedRun> runs;
  for (const RunInfo& each : maker.runs()) runs.push_back(report::read_run(each));
  const pupil::captioning::Split split = pupil::captioning::split_named(arguments.split.split);
  pupil::AtomicFile page(arguments.out);
  report::write_page(page,
                     {command, arguments.split.data, split, arguments.examples, arguments.seed, std::move(runs),
                      caption_split(maker, data, split, *one_rank(), line)},
                     maker);
  stop_if_interrupted();
  page.commit();
  command_line::write_output(arguments.out + "\n");
}

}  // namespace

void add_report_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command =
      app.add_subcommand("report", "Make a page of a captioner: its training, its scores, photographs with captions");
  const auto arguments = std::make_shared<ReportArguments>();
  add_split_options(*command, arguments->split);
  command->add_option("--out", arguments->out, "The page to write: one HTML file that needs no other")->required();
  command
      ->add_option("--examples", arguments->examples,
                   "How many of the best captions are shown with their photographs, of the worst, and by chance")
      ->check(command_line::from_to(std::size_t{1}, std::size_t{1000}))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Decides which photographs come by chance, and what --sample draws")
      ->capture_default_str();
  command->callback([arguments, command] {
    arguments->split.search.seed = arguments->seed;
    make_report(*arguments, report::command_line_of(*command));
  });
}

}  // namespace captioner
