// Progress on a terminal: one line that renews itself, whatever the width.

#include <algorithm>
#include <string>
#include <vector>

#include "../../examples/command_line/one_line.hpp"
#include "streams.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

std::size_t longest(const std::vector<std::string>& lines) {
  std::size_t most = 0;
  for (const std::string& line : lines) most = std::max(most, line.size());
  return most;
}

/// A training that goes on until it is ended.
Arguments endless_training(const std::filesystem::path& run) {
  return tiny_training(trained().data, run) + Arguments{"--epochs", "1000000", "--patience", "0"};
}

}  // namespace

TEST_CASE("progress is cut to one column less than the terminal has") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  for (const unsigned columns : {1U, 2U, 10U, 20U}) {
    CAPTURE(columns);
    OnTerminal program(tiny_training(trained().data, folder / std::to_string(columns)),
                       static_cast<unsigned short>(columns));
    const auto updates = updates_of(program.read_all());
    CHECK(program.finish() == 0);
    CHECK(longest(updates) <= columns - 1);
    if (columns == 1) continue;  // nothing fits
    REQUIRE_FALSE(updates.empty());
    CHECK(longest(updates) == columns - 1);
  }
}

TEST_CASE("a terminal that does not know its width is taken for 80 columns") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  OnTerminal program(tiny_training(trained().data, folder / "run"), 0);
  const auto updates = updates_of(program.read_all());
  CHECK(program.finish() == 0);
  REQUIRE_FALSE(updates.empty());
  CHECK(longest(updates) <= 79);
  CHECK(updates.front().starts_with("decoding images: "));
}

TEST_CASE("a terminal that becomes narrower is asked again at each update") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  OnTerminal program(endless_training(folder / "run"), 200);
  const auto steps = [](std::string_view text) {
    const auto updates = updates_of(text);
    return std::count_if(updates.begin(), updates.end(),
                         [](const auto& update) { return update.starts_with("epoch"); });
  };
  program.read_until([&](std::string_view text) { return steps(text) >= 1; });
  program.resize(20);
  const auto before = updates_of(program.read_until([](std::string_view) { return true; })).size();
  const std::string& text =
      program.read_until([&](std::string_view all) { return updates_of(all).size() >= before + 4; });
  const auto updates = updates_of(text);
  REQUIRE(updates.size() >= before + 4);
  CHECK(longest({updates.begin(), updates.begin() + static_cast<std::ptrdiff_t>(before)}) > 40);
  // The one that was on its way when the size changed may be wide.
  CHECK(longest({updates.begin() + static_cast<std::ptrdiff_t>(before) + 1, updates.end()}) == 19);
}

TEST_CASE("a terminal that knows no escapes gets plain lines") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  OnTerminal program(tiny_training(trained().data, folder / "run"), 80, "dumb");
  const std::string& text = program.read_all();
  CHECK(program.finish() == 0);
  CHECK_FALSE(contains(text, "\x1b"));
  CHECK_FALSE(contains(text, "decoding"));
  CHECK(contains(text, "epoch 1: loss "));
}

TEST_CASE("one_line and field leave letters of all scripts, and escape what a line or a terminal would obey") {
  using command_line::field;
  using command_line::one_line;
  CHECK(one_line("caf\xC3\xA9 \xE7\x8B\x97 \\") == "caf\xC3\xA9 \xE7\x8B\x97 \\");
  CHECK(one_line("a\tb\nc\rd") == "a\\tb\\nc\\rd");
  CHECK(one_line(std::string("\0\x1b\x7f", 3)) == "\\x00\\x1b\\x7f");
  CHECK(one_line("\xC2\x9B"
                 "31m") == "\\xc2\\x9b31m");  // CSI as one character
  CHECK(one_line("\xC2") == "\xC2");
  CHECK(field("\\t\t") == "\\\\t\\t");
}
