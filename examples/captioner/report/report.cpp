// captioner report: one page that shows how a captioner was trained, and what it says of a split.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <pupil/io/atomic_file.hpp>
#include <pupil/io/file_lock.hpp>

#include "../../command_line/number_checks.hpp"
#include "../../command_line/program.hpp"
#include "../captions/box_model.hpp"
#include "../captions/captioning.hpp"
#include "../captions/search_options.hpp"
#include "../commands.hpp"
#include "../common/compute_options.hpp"
#include "../common/form_options.hpp"
#include "../common/interruption.hpp"
#include "../common/kept_inputs.hpp"
#include "../common/progress_line.hpp"
#include "../common/run_folder.hpp"
#include "../common/run_split.hpp"
#include "how_made.hpp"
#include "report_data.hpp"
#include "report_page.hpp"

namespace captioner {

namespace {

struct ReportArguments {
  std::vector<std::string> runs;
  std::string data;
  pupil::FormOptions form;
  std::string out;
  std::string split = "dev";
  std::optional<std::uint64_t> split_seed;
  std::size_t examples = 20;
  std::uint64_t seed = 0;
  bool allow_trained = false;
  ComputeOptions compute;
  SearchOptions search;
};

/// The files of the captioners, and the captions.
std::vector<std::filesystem::path> inputs_of(const ReportArguments& arguments) {
  std::vector<std::filesystem::path> inputs = caption_files(arguments.data, arguments.form);
  for (const std::string& folder : runs_or_box(arguments.runs)) {
    const RunFolder run(folder), beside(run.model().parent_path());
    inputs.insert(inputs.end(), {run.model(), beside.checkpoint(), beside.settings(), beside.history()});
  }
  return inputs;
}

std::vector<std::filesystem::path> image_files(const pupil::CaptionedImages& data) {
  std::vector<std::filesystem::path> files;
  for (const auto& samples : data.samples) {
    for (const pupil::Sample& sample : samples) files.push_back(data.image_folder / sample.image);
  }
  return files;
}

void make_report(const ReportArguments& arguments, const std::string& command) {
  check_search_options(arguments.search);
  command_line::require_output();
  note_interruptions();
  require_input_kept("--out", arguments.out, inputs_of(arguments));
  const pupil::FileLock lock = pupil::lock_output(arguments.out);
  pupil::TemporaryFile{arguments.out};  // throws now where it would after the work
  begin_to_compute(arguments.compute);
  const CaptionMaker maker(arguments.runs, arguments.search, WeightsAre::as_trained);
  const pupil::CaptionedImages data =
      read_data_of_runs(maker.runs(), arguments.data, arguments.split_seed, arguments.form);
  require_input_kept("--out", arguments.out, image_files(data));
  for (const std::string& warning : data.warnings()) command_line::complain("captioner", warning);
  const pupil::Split split = pupil::split_named(arguments.split);
  std::vector<report::ReportedRun> runs;
  for (const RunInfo& each : maker.runs()) {
    ProgressLine line;
    check_untrained(each.training, each.file, data, split, arguments.allow_trained, line);
    runs.push_back(report::read_run(each));
  }
  pupil::AtomicFile page(arguments.out);
  report::write_page(page,
                     {command, arguments.data, split, arguments.examples, arguments.seed, std::move(runs),
                      report::measure(maker, data, split)},
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
  add_run_option(*command, arguments->runs);
  add_data_option(*command, arguments->data, arguments->form);
  command->add_option("--out", arguments->out, "The page to write: one HTML file that needs no other")->required();
  command->add_option("--split", arguments->split, "Which part of the data")
      ->check(CLI::IsMember({"train", "dev", "test"}))
      ->capture_default_str();
  command->add_option("--split-seed", arguments->split_seed,
                      "Decides the split where neither the run nor lists of the data do");
  command->add_flag("--allow-trained", arguments->allow_trained,
                    "Show dev or test images that the captioner was trained on all the same");
  command
      ->add_option("--examples", arguments->examples,
                   "How many of the best captions are shown with their photographs, of the worst, and by chance")
      ->check(command_line::from_to(std::size_t{1}, std::size_t{1000}))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Decides which photographs come by chance, and what --sample draws")
      ->capture_default_str();
  add_search_options(*command, arguments->search);
  add_compute_options(*command, arguments->compute);
  command->callback([arguments, command] {
    arguments->search.seed = arguments->seed;
    make_report(*arguments, report::command_line_of(*command));
  });
}

}  // namespace captioner
