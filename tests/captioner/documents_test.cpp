#include "documents.hpp"

#include <map>

#include "program.hpp"

using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// The program's commands, with the options of each; those of the program itself under "".
const std::map<std::string, std::set<std::string>>& known_options() {
  static const auto known = [] {
    const std::string help = run_program({"--help"}).out;
    std::map<std::string, std::set<std::string>> options{{"", options_in(help)}};
    bool is_list = false;
    for (const std::string& line : lines_of(help)) {
      if (is_list && line.starts_with("  ") && line.size() > 2 && line[2] != ' ') {
        const std::string name = line.substr(2, line.find(' ', 2) - 2);
        options[name] = options_in(run_program({name, "--help"}).out);
      }
      is_list = line == "Subcommands:" || (is_list && !line.empty());
    }
    return options;
  }();
  return known;
}

void check_command_of_captioner(const CommandWords& words) {
  if (words.size() < 2 || words[1] == "COMMAND") return;  // the program's name, or any of its commands
  const std::string command = words[1].starts_with("-") ? "" : words[1];
  CHECK(known_options().contains(command));
  if (!known_options().contains(command)) return;
  for (std::size_t i = 1; i < words.size(); ++i) {
    for (const std::string& option : options_in(words[i])) {
      CAPTURE(option);
      CHECK(known_options().at(command).contains(option));
    }
  }
}

void check_tool(const CommandWords& words) {
  const fs::path tool = words.front();
  REQUIRE(fs::exists(tool));
  if (fs::is_directory(tool)) return;
  const auto known = options_in(file_text(tool));
  for (std::size_t i = 1; i < words.size(); ++i) {
    for (const std::string& option : options_in(words[i])) {
      CAPTURE(option);
      CHECK(known.contains(option));
    }
  }
}

}  // namespace

TEST_CASE("every command in the documents is one that there is, with options that it knows") {
  if (!has_program()) return;
  REQUIRE(known_options().contains("caption"));
  int found = 0;
  for (const char* const document : documents) {
    for (const CommandWords& words : commands_of(DocumentParts(document))) {
      std::string line;
      for (const std::string& word : words) line += word + ' ';
      CAPTURE(document);
      CAPTURE(line);
      if (words.front() == "captioner") check_command_of_captioner(words);
      if (words.front().starts_with("tools/")) check_tool(words);
      found += words.front() == "captioner" || words.front().starts_with("tools/") ? 1 : 0;
    }
  }
  CHECK(found > 30);
}

TEST_CASE("every option that a sentence of the documents names is one of the program's or of a tool's") {
  if (!has_program()) return;
  std::set<std::string> known;
  for (const auto& tool : fs::directory_iterator("tools")) {
    if (tool.is_regular_file()) known.merge(options_in(file_text(tool.path())));
  }
  for (const auto& [command, options] : known_options()) known.insert(options.begin(), options.end());
  for (const char* const document : documents) {
    for (const std::string& span : code_spans(DocumentParts(document).prose)) {
      if (!span.starts_with("--")) continue;
      CAPTURE(document);
      CAPTURE(span);
      for (const std::string& option : options_in(span)) CHECK(known.contains(option));
    }
  }
}

TEST_CASE("every command of the program is in the table of its document") {
  if (!has_program()) return;
  const std::string table = file_text("examples/captioner/README.md");
  for (const auto& known : known_options()) {
    const std::string& command = known.first;
    CAPTURE(command);
    if (!command.empty()) CHECK(contains(table, "| `captioner " + command));
  }
}

TEST_CASE("every link from one document to another leads to a file, and to a heading of it") {
  int found = 0;
  for (const char* const document : documents) {
    for (const std::string& link : local_links(DocumentParts(document).prose)) {
      CAPTURE(document);
      CAPTURE(link);
      const std::size_t hash = std::min(link.find('#'), link.size());
      const fs::path folder = fs::path(document).parent_path();
      const fs::path file = hash == 0 ? fs::path(document) : folder / link.substr(0, hash);
      CHECK(fs::exists(file));
      if (hash < link.size()) {
        CHECK(anchors_of(DocumentParts(file.string()).prose).contains(link.substr(hash + 1)));
      }
      ++found;
    }
  }
  CHECK(found > 10);
}

TEST_CASE("the front page is short, and shows of each photograph what the captioner in the box says") {
  const std::string page = file_text("README.md");
  CHECK(line_count(page) <= 130);
  if (!has_program()) return;
  Arguments photographs;
  for (const auto& entry : fs::directory_iterator("examples/captioner/photographs")) {
    if (entry.path().extension() == ".jpg") photographs.push_back(entry.path().string());
  }
  std::sort(photographs.begin(), photographs.end());
  REQUIRE(photographs.size() >= 5);
  const VariableOfPrograms none("CAPTIONER_MODEL", "");
  const Finished finished = run_program(Arguments{"caption"} + photographs);
  REQUIRE(finished.status == 0);
  std::string captions;
  for (const std::string& line : lines_of(finished.out)) {
    CHECK(contains(page, "<img src=\"" + line.substr(0, line.find('\t')) + '"'));
    captions += "| “" + line.substr(line.find('\t') + 1) + "” ";
  }
  INFO("tools/caption_photographs writes them");
  CHECK(contains(page, '\n' + captions + "|\n"));
}
