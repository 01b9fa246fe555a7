#include <filesystem>

#include <doctest/doctest.h>

#include <pupil/io/safetensors.hpp>
#include <pupil/models/word_forms_file.hpp>

#include "../support/files.hpp"
#include "../support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

const WordForms two_forms{{{"tshirt", "T-shirt"}, {"s", "'s"}}};

/// A file with a tensor, this text among its metadata, and another.
void write_file(const std::filesystem::path& path, const std::string& key, const std::string& text) {
  const float value = 3;
  SafetensorsWriter writer;
  writer.add("weight", Shape<1>{1}, &value);
  writer.set_metadata("other", "stays");
  writer.set_metadata(key, text);
  writer.write(path);
}

}  // namespace

TEST_CASE("the forms of words that were kept in a file are read again, and all else in it is as it was") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  write_file(path, "word_forms", "dog\tDog\n");
  keep_word_forms(path, two_forms);
  const SafetensorsFile file(path);
  CHECK(read_word_forms(file) == two_forms);
  CHECK(file.metadata("other") == "stays");
  CHECK(file.names().size() == 1);
  CHECK(*reinterpret_cast<const float*>(file.raw("weight").data()) == 3);
}

TEST_CASE("a file that says nothing of words has no forms") {
  const TemporaryFolder folder;
  write_file(folder / "model.safetensors", "more", "text");
  CHECK(read_word_forms(SafetensorsFile(folder / "model.safetensors")).all().empty());
}

TEST_CASE("a form that is none of its word is an error that shows it") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  for (const char* const line : {"tshirt\tT-shirts", "tshirt", "tshirt\t", "\tT-shirt", "a b\ta b"}) {
    CAPTURE(line);
    write_file(path, "word_forms", std::string(line) + "\n");
    const std::string error = error_of<FileError>([&] { static_cast<void>(read_word_forms(SafetensorsFile(path))); });
    CHECK(contains(error, path.string() + ": word_forms has \"" + visible(line) + "\" in the metadata"));
  }
}
