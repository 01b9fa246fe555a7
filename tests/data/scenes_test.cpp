#include <csignal>
#include <filesystem>
#include <set>
#include <string>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pupil/core/parallel.hpp>
#include <pupil/data/flickr8k.hpp>
#include <pupil/data/scenes.hpp>
#include <pupil/io/image.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::error_of;
using pupil::testing::file_text;
using pupil::testing::TemporaryFolder;

namespace {

const ScenesOptions twelve{.count = 12, .seed = 5, .image_size = 32};

std::string all_bytes(const std::filesystem::path& folder) {
  std::string bytes = file_text(folder / "captions.txt");
  for (Index i = 0; i < twelve.count; ++i) bytes += file_text(folder / "Images" / scene_file_name(i));
  return bytes;
}

std::set<std::string> files_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

}  // namespace

TEST_CASE("scenes are written in Kaggle's form and read back with their captions") {
  const TemporaryFolder folder;
  write_scenes(folder / "scenes", twelve);
  CHECK(files_in(folder / "scenes") == std::set<std::string>{"Images", "captions.txt"});
  const CaptionedImages data = read_flickr8k(folder / "scenes");
  CHECK(data.warnings().empty());
  std::size_t samples = 0;
  for (const Split split : all_splits) {
    samples += data[split].size();
    for (const Sample& sample : data[split]) {
      const Index index = std::stol(sample.image.substr(6, 5));
      CHECK(sample.captions == captions_of(make_scene(5, index)));
      CHECK(read_image(data.image_folder / sample.image).shape() == Shape{32, 32, 3});
    }
  }
  CHECK(samples == 12);
}

TEST_CASE("the same options give the same bytes on any number of threads, another seed gives others") {
  const TemporaryFolder folder;
  const int threads = num_threads();
  set_num_threads(1);
  write_scenes(folder / "one", twelve);
  set_num_threads(3);
  write_scenes(folder / "three", twelve);
  set_num_threads(threads);
  CHECK(all_bytes(folder / "one") == all_bytes(folder / "three"));
  write_scenes(folder / "other", {.count = 12, .seed = 6, .image_size = 32});
  CHECK(all_bytes(folder / "one") != all_bytes(folder / "other"));
}

TEST_CASE("the first scenes of a seed are the same, however many are written") {
  const TemporaryFolder folder;
  write_scenes(folder / "twelve", twelve);
  write_scenes(folder / "three", {.count = 3, .seed = 5, .image_size = 32});
  const std::filesystem::path name = std::filesystem::path("Images") / scene_file_name(2);
  CHECK(file_text(folder / "twelve" / name) == file_text(folder / "three" / name));
  CHECK(file_text(folder / "twelve/captions.txt").starts_with(file_text(folder / "three/captions.txt")));
}

TEST_CASE("names have five digits, and more where they are needed") {
  CHECK(scene_file_name(42) == "scene_00042.jpg");
  CHECK(scene_file_name(1234567) == "scene_1234567.jpg");
}

TEST_CASE("a folder that holds anything is refused and left as it is") {
  const TemporaryFolder folder;
  folder.write("notes.txt", "mine");
  const auto write = [&] { write_scenes(folder.path(), twelve); };
  CHECK(error_of<FileError>(write) == folder.path().string() + ": is not empty");
  CHECK(files_in(folder.path()) == std::set<std::string>{"notes.txt"});
  const auto write_to_file = [&] { write_scenes(folder / "notes.txt", twelve); };
  CHECK(error_of<FileError>(write_to_file) == (folder / "notes.txt").string() + ": is not a folder");
}

TEST_CASE("an empty folder is taken") {
  const TemporaryFolder folder;
  CHECK_NOTHROW(write_scenes(folder.path(), twelve));
}

TEST_CASE("overwriting leaves nothing of the earlier scenes, and everything else") {
  const TemporaryFolder folder;
  write_scenes(folder.path(), twelve);
  folder.write("notes.txt", "mine");
  folder.write("Images/mine.jpg", "mine");
  write_scenes(folder.path(), {.count = 2, .seed = 7, .image_size = 32, .overwrite = true});
  CHECK(files_in(folder / "Images") == std::set<std::string>{"mine.jpg", "scene_00000.jpg", "scene_00001.jpg"});
  CHECK(files_in(folder.path()) == std::set<std::string>{"Images", "captions.txt", "notes.txt"});
  CHECK(file_text(folder / "captions.txt") == scene_captions_csv(7, 2));
}

TEST_CASE("writing that is broken off leaves nothing, and what else was in the folder") {
  const TemporaryFolder folder;
  const auto break_off = [](Index done, Index) {
    if (done == 5) throw std::runtime_error("broken off");
  };
  CHECK_THROWS_AS(write_scenes(folder / "scenes", twelve, break_off), std::runtime_error);
  CHECK(files_in(folder.path()).empty());
  CHECK_THROWS_AS(write_scenes(folder.path(), twelve, break_off), std::runtime_error);
  CHECK(files_in(folder.path()).empty());
  folder.write("notes.txt", "mine");
  auto overwriting = twelve;
  overwriting.overwrite = true;
  CHECK_THROWS_AS(write_scenes(folder.path(), overwriting, break_off), std::runtime_error);
  CHECK(files_in(folder.path()) == std::set<std::string>{"notes.txt"});
}

TEST_CASE("scenes that a killed process did not finish are begun again in the same folder") {
  const TemporaryFolder folder;
  const pid_t process = ::fork();
  if (process == 0) {
    set_num_threads(1);
    write_scenes(folder.path(), twelve, [](Index done, Index) {
      if (done == 5) ::kill(::getpid(), SIGKILL);
    });
  }
  int status = 0;
  ::waitpid(process, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE_FALSE(files_in(folder / "Images").empty());
  write_scenes(folder.path(), twelve);
  CHECK(files_in(folder.path()) == std::set<std::string>{"Images", "captions.txt"});
  CHECK(files_in(folder / "Images").size() == 12);
}

TEST_CASE("two processes do not write scenes into one folder") {
  const TemporaryFolder folder;
  std::string error;
  write_scenes(folder.path(), twelve, [&](Index done, Index) {
    if (done == 5) error = error_of<FileInUse>([&] { write_scenes(folder.path(), twelve); });
  });
  CHECK(error.starts_with(folder.path().string() + ": scenes are being drawn there (process "));
  CHECK(files_in(folder / "Images").size() == 12);
}

TEST_CASE("options outside their range are errors before anything is written") {
  const TemporaryFolder folder;
  CHECK(error_of<OptionError>([&] { write_scenes(folder / "scenes", {.count = 0}); }) ==
        "scenes: count is 0, must be at least 1");
  CHECK_THROWS_AS(write_scenes(folder / "scenes", {.image_size = 8}), OptionError);
  CHECK(files_in(folder.path()).empty());
}

TEST_CASE("a folder that cannot be made is an error that names it") {
  const TemporaryFolder folder;
  folder.write("file", "");
  const std::string error = error_of<FileError>([&] { write_scenes(folder / "file/scenes", twelve); });
  CHECK(error.find((folder / "file/scenes").string()) == 0);
}
