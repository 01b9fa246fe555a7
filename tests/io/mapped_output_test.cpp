#include <cstddef>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/io/mapped_output.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

TEST_CASE("a mapped output is the file that many threads wrote") {
  const TemporaryFolder folder;
  constexpr Index size = 1'000'000;
  MappedOutput output(folder / "file", static_cast<std::size_t>(size));
  const auto bytes = output.bytes();
  parallel_ranges(size, 4096, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<std::byte>(i * 7 % 251);
  });
  CHECK(!std::filesystem::exists(folder / "file"));
  output.commit();
  const std::string text = file_text(folder / "file");
  REQUIRE(text.size() == static_cast<std::size_t>(size));
  Index wrong = 0;
  for (Index i = 0; i < size; ++i) {
    wrong += static_cast<std::byte>(text[static_cast<std::size_t>(i)]) != static_cast<std::byte>(i * 7 % 251) ? 1 : 0;
  }
  CHECK(wrong == 0);
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a mapped output without commit leaves nothing") {
  const TemporaryFolder folder;
  {
    MappedOutput output(folder / "file", 100);
    output.bytes()[99] = std::byte{1};
  }
  CHECK(folder.file_count() == 0);
}

TEST_CASE("a disk too full for a mapped output is an error before anything is written") {
  const TemporaryFolder folder;
  put_file(folder / "file", "old");
  std::string error;
  {
    const FileSizeLimit limit(1'000'000);
    error = error_of<FileError>([&] { MappedOutput output(folder / "file", 2'000'000); });
  }
  CHECK(error == (folder / "file").string() + ": cannot write: File too large");
  CHECK(file_text(folder / "file") == "old");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a mapped output of no bytes is an empty file") {
  const TemporaryFolder folder;
  MappedOutput output(folder / "file", 0);
  CHECK(output.bytes().empty());
  output.commit();
  CHECK(file_text(folder / "file").empty());
}
