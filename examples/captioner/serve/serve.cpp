// captioner serve: a page on this machine that captions pictures, and the same for programs.

#include <memory>
#include <string>
#include <vector>

#include <pupil/io/image_size.hpp>

#include "../../command_line/number_checks.hpp"
#include "../../command_line/program.hpp"
#include "../captions/caption_maker.hpp"
#include "../captions/search_options.hpp"
#include "../commands.hpp"
#include "../common/compute_options.hpp"
#include "../common/interruption.hpp"
#include "server.hpp"

namespace captioner {

namespace {

struct ServeArguments {
  std::vector<std::string> runs;
  int port = 8080;
  ServeLimits limits;
  ComputeOptions compute;
  SearchOptions search;
};

void add_limit_options(CLI::App& command, ServeLimits& limits) {
  using command_line::at_least;
  using command_line::from_to;
  command.add_option("--max-bytes", limits.bytes, "Largest file of an image; a larger one is answered 413")
      ->check(at_least(std::int64_t{1}, std::int64_t{1'000'000'000}))
      ->capture_default_str();
  command.add_option("--max-pixels", limits.pixels, "Largest image, width times height; a larger one is answered 413")
      ->check(at_least(std::int64_t{1}, std::int64_t{pupil::captioning::max_image_pixels}))
      ->capture_default_str();
  command
      .add_option("--max-seconds", limits.seconds,
                  "How long a request may take to arrive (else 408), to wait for its turn (else 503), and its answer "
                  "to be taken")
      ->check(from_to(0.1, 3600.0))
      ->capture_default_str();
  command
      .add_option("--max-requests", limits.requests,
                  "Images that may be under way at once; one more is answered 503. As many are captioned at once as "
                  "there are --threads, the others wait")
      ->check(from_to(1, 256))
      ->capture_default_str();
}

void serve(const ServeArguments& arguments) {
  check_search_options(arguments.search);
  command_line::require_output();
  begin_to_compute(arguments.compute);
  note_interruptions();
  Server server(arguments.port, arguments.limits);
  const CaptionMaker maker(arguments.runs, arguments.search, WeightsAre::prepared);
  CaptionService service(maker, arguments.limits);
  server.run(
      service, [&] { command_line::write_output(server.address() + "\n"); }, is_interrupted);
}

}  // namespace

void add_serve_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command = app.add_subcommand("serve", "Caption images on a page in the browser, and for programs");
  const auto arguments = std::make_shared<ServeArguments>();
  arguments->search.most_alternatives = 5;
  add_run_option(*command, arguments->runs);
  command->add_option("--port", arguments->port, "Of 127.0.0.1, the only address it listens at; 0: a free one")
      ->check(command_line::from_to(0, 65535))
      ->capture_default_str();
  add_limit_options(*command, arguments->limits);
  add_search_options(*command, arguments->search);
  add_compute_options(*command, arguments->compute);
  command->footer(
      "Says its address on standard output when it is ready. SIGINT and SIGTERM end it, with status 0, when what is\n"
      "under way is answered. /api of that address says how programs use it.");
  command->callback([arguments] { serve(*arguments); });
}

}  // namespace captioner
