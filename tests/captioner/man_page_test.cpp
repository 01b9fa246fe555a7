#include <cstdlib>

#include "documents.hpp"
#include "program.hpp"

using namespace pupil::testing;

namespace {

std::string man_page() {
  const Finished finished = run_program({"--man-page"});
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  return finished.out;
}

}  // namespace

TEST_CASE("the manual page is rendered without a warning, and has every option that --help has of any command") {
  if (!has_program()) return;
  if (std::system("man --version > /dev/null 2>&1") != 0) {
    MESSAGE("skipped: there is no man to render a page");
    return;
  }
  const TemporaryFolder folder;
  const auto page = folder / "captioner.1";
  put_file(page, man_page());
  const std::string man = "LC_ALL=C.UTF-8 MANWIDTH=80 MANOPT= MAN_KEEP_FORMATTING= man --warnings -l " + page.string();
  const auto warnings = folder / "warnings";
  const auto rendered = folder / "rendered";
  CHECK(std::system((man + " > " + rendered.string() + " 2> " + warnings.string()).c_str()) == 0);
  CHECK(file_text(warnings) == "");
  const std::string text = file_text(rendered);
  const auto shown = options_in(text);
  const std::string help = run_program({"--help"}).out;
  int commands = 0;
  for (const std::string& line : lines_of(help.substr(help.find("Subcommands:")))) {
    if (!line.starts_with("  ") || line[2] == ' ') continue;
    const std::string command = line.substr(2, line.find(' ', 2) - 2);
    CAPTURE(command);
    CHECK(contains(text, "captioner " + command + " [OPTIONS]"));
    for (const std::string& option : options_in(run_program({command, "--help"}).out)) {
      CAPTURE(option);
      CHECK(shown.contains(option));
    }
    ++commands;
  }
  CHECK(commands >= 9);
}

TEST_CASE("the manual page says what --help says at its end: exit status and environment") {
  if (!has_program()) return;
  const std::string page = man_page();
  CHECK(page.starts_with(".\\\""));
  CHECK(contains(page, "\n.TH CAPTIONER 1 "));
  CHECK(contains(page, "\n.SH EXIT STATUS\n0; 1 where"));
  CHECK(contains(page, "\n.SH ENVIRONMENT\nCAPTIONER_MODEL names"));
  const std::string help = run_program({"--help"}).out;
  CHECK(contains(help, "Exit status: 0; 1 where"));
  CHECK(contains(help, "Environment: CAPTIONER_MODEL names"));
  CHECK(contains(help, "--man-page"));
}
