#include <cstdio>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include <pupil/io/progress_bar.hpp>

#include "../support/files.hpp"
#include "../support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// What a function writes to standard error.
template <class Function>
std::string written_to_standard_error(const Function& function) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "error";
  std::FILE* const file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  std::fflush(stderr);
  const int kept = ::dup(STDERR_FILENO);
  ::dup2(::fileno(file), STDERR_FILENO);
  function();
  std::fflush(stderr);
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  std::fclose(file);
  return file_text(path);
}

}  // namespace

TEST_CASE("durations are minutes and seconds, and hours where there are some") {
  CHECK(format_duration(0) == "0:00");
  CHECK(format_duration(59.6) == "1:00");
  CHECK(format_duration(3599) == "59:59");
  CHECK(format_duration(36061) == "10:01:01");
}

TEST_CASE("the line of a bar says what is done, and how long the rest will take") {
  CHECK(progress_line("epoch 3", 53, 120, 9.5, "loss 0.41") ==
        "epoch 3 [=============>                ] 44%  53/120, 0:12 left, loss 0.41");
  CHECK(progress_line("", 0, 4, 2, "") == "[>                             ] 0%  0/4");
  CHECK(progress_line("a", 4, 4, 2, "") == "a [==============================] 100%  4/4");
  CHECK(progress_line("", 5, 4, 2, "") == "[==============================] 100%  5/4");
  CHECK(progress_line("", 0, 0, 0, "") == "[==============================] 100%  0/0");
}

TEST_CASE("a bar is drawn in one line, cut to the terminal, and taken off at the end") {
  const std::string text = written_to_standard_error([] {
    ProgressBar bar(2, "epoch 1", true);
    bar.advance("a\nb" + std::string(100, 'c'));
    bar.advance();  // at once, which is too early to be drawn
    CHECK(bar.done() == 2);
  });
  const std::string drawn =
      "\repoch 1 [===============>              ] 50%  1/2, 0:00 left, a b" + std::string(100, 'c');
  CHECK(text == drawn.substr(0, 80) + "\x1b[K\r\x1b[K");
}

TEST_CASE("where there is no terminal a bar writes nothing") {
  CHECK(written_to_standard_error([] {
          ProgressBar bar(2);
          bar.advance("loss 1");
          bar.clear();
        }).empty());
}

TEST_CASE("a bar of a negative total is an error") {
  CHECK_THROWS_WITH_AS(ProgressBar(-1), "progress_bar: a total of -1 is negative", OptionError);
}
