#include <limits>

#include <doctest/doctest.h>

#include <pupil/io/free_space.hpp>

#include "support/files.hpp"
#include "support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

TEST_CASE("a folder that has room is no error, and one that has not is named with both sizes") {
  const TemporaryFolder folder;
  require_space(folder.path(), 1, "the checkpoints");
  const std::string error = error_of<FileError>(
      [&] { require_space(folder.path(), std::numeric_limits<std::uintmax_t>::max() - 1, "the checkpoints"); });
  CHECK(error.starts_with(folder.path().string() + ": "));
  CHECK(contains(error, " MB are free there, and the checkpoints take "));
}

TEST_CASE("of a folder that is not there nothing is known") { require_space("/nowhere/at/all", 1, "the checkpoints"); }
