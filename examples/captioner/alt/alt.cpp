// captioner alt: alt texts for the images of a site that have none, to be reviewed, and written where they were
// approved.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/io/atomic_file.hpp>

#include "../../command_line/program.hpp"
#include "../captions/caption_maker.hpp"
#include "../captions/search_options.hpp"
#include "../commands.hpp"
#include "../common/compute_options.hpp"
#include "../common/progress_line.hpp"
#include "alt_apply.hpp"
#include "alt_proposals.hpp"
#include "alt_review.hpp"
#include "site_pages.hpp"

namespace captioner {

namespace {

struct AltArguments {
  std::vector<std::string> runs;
  std::string site;
  std::string root;
  std::optional<std::string> out;
  std::optional<std::string> apply;
  ComputeOptions compute;
  SearchOptions search;
};

std::string counted(std::size_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

/// Says once what is no local photograph.
void say_what_is_not_looked_at(const NotLookedAt& not_looked_at) {
  std::vector<std::string> said;
  const auto add = [&](std::size_t count, const std::string& what) {
    if (count > 0) said.push_back(std::to_string(count) + ' ' + what);
  };
  add(not_looked_at.on_web, "on the web (nothing is fetched)");
  add(not_looked_at.in_page, "in the page itself (data:)");
  add(not_looked_at.drawings, "SVG");
  add(not_looked_at.without_address, "without an address");
  if (!said.empty()) {
    command_line::complain("captioner", "images without alt text that were not looked at: " + pupil::joined(said));
  }
}

void write_review(const std::vector<AltRow>& rows, const std::optional<std::string>& out) {
  std::string text = alt_review_header();
  for (const AltRow& row : rows) text += to_csv(row);
  if (!out) {
    command_line::write_output(text);
  } else {
    pupil::write_file_atomically(*out, text);
    command_line::write_output(counted(rows.size(), "proposal", "proposals") + " in " + command_line::one_line(*out) +
                               '\n');
  }
}

/// The list must not take the place of what it is about.
void require_no_page(const std::optional<std::string>& out, const Site& site) {
  for (const std::string& page : site.pages) {
    std::error_code absent;
    pupil::require<pupil::OptionError>(!out || !std::filesystem::equivalent(*out, site.folder / page, absent),
                                       "--out is ", out.value_or(""), ", a page of ", site.given);
  }
}

void propose_alt_texts(const AltArguments& arguments, ExitStatus& status) {
  check_search_options(arguments.search);
  command_line::require_output();
  const Site site = find_pages(arguments.site, arguments.root);
  require_no_page(arguments.out, site);
  ProgressLine line;
  const auto fault = [&status, &line](const std::string& why) {
    status.value = 1;
    line.clear();
    command_line::complain("captioner", why);
  };
  const SiteImages found = find_images(site, fault);
  std::vector<AltRow> rows;
  if (!found.images.empty()) {
    begin_to_compute(arguments.compute);
    const CaptionMaker maker(arguments.runs, arguments.search, WeightsAre::prepared);
    rows = propose(found, maker, fault, [&line](std::size_t done, std::size_t all) {
      constexpr std::size_t a_moment = 100;
      if (all > a_moment) line.show(pupil::message("image ", done, " of ", all));
    });
    line.clear();
  }
  say_what_is_not_looked_at(found.not_looked_at);
  write_review(rows, arguments.out);
}

void apply_review(const AltArguments& arguments, ExitStatus& status) {
  command_line::require_output();
  const Site site = find_pages(arguments.site, arguments.root);
  const AppliedAlts applied =
      apply_alt_texts(site, read_alt_review(*arguments.apply), *arguments.apply, [&status](const std::string& why) {
        status.value = 1;
        command_line::complain("captioner", why);
      });
  command_line::write_output(counted(applied.texts, "alt text", "alt texts") + " written into " +
                             counted(applied.pages, "page", "pages") + '\n');
}

}  // namespace

void add_alt_command(CLI::App& app, ExitStatus& status) {
  CLI::App* const command =
      app.add_subcommand("alt", "Propose alt texts for the images of a site, and write those that were approved");
  const auto arguments = std::make_shared<AltArguments>();
  command->add_option("site", arguments->site, "A folder of pages (HTML, Markdown), or one page")
      ->required()
      ->type_name("SITE");
  CLI::Option* const out =
      command->add_option("--out", arguments->out, "Write the list (CSV) here, not on standard output")
          ->type_name("FILE");
  command
      ->add_option("--apply", arguments->apply,
                   "Write what is approved in this list (yes in its last column) into the pages")
      ->type_name("CSV")
      ->excludes(out);
  command
      ->add_option("--root", arguments->root,
                   "The folder in which addresses like /photos/a.jpg begin, where it is not SITE")
      ->type_name("DIR");
  add_run_option(*command, arguments->runs);
  command->footer(
      "alt=\"\", role=\"presentation\", aria-hidden and aria-label are decisions, and left alone. Pictures on the web\n"
      "are not fetched, and nothing is sent anywhere.");
  add_search_options(*command, arguments->search);
  add_compute_options(*command, arguments->compute);
  command->callback([arguments, &status] {
    arguments->apply ? apply_review(*arguments, status) : propose_alt_texts(*arguments, status);
  });
}

}  // namespace captioner
