// Captions in a file, which a second run goes on with.

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include <pupil/kernels/instruction_set.hpp>

#include "many_images.hpp"
#include "streams.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// An album, and its captions in a file of each format.
struct CaptionedAlbum : Album {
  std::string out(const std::string& name) const { return (folder / name).string(); }

  Finished caption(const std::string& name, const Arguments& more = {}) const {
    return run_program(caption_command(Arguments{"--out", out(name), images.string()} + more));
  }
};

const std::vector<std::string> names_of_outputs{"a.txt", "a.jsonl", "a.csv", "a.json", "a.html"};

std::string done_line(const std::string& out, int captioned, int done) {
  return message(out, ": captioned ", captioned, captioned == 1 ? " image; " : " images; ", done,
                 done == 1 ? " was" : " were", " done before\n");
}

}  // namespace

TEST_CASE("--out has what standard output would have, in the format of the file's ending") {
  if (!has_program()) return;
  const CaptionedAlbum album;
  const std::vector<std::pair<std::string, std::string>> formats{
      {"a.txt", "text"}, {"a.jsonl", "json"}, {"a.csv", "csv"}, {"a.json", "coco"}};
  for (const auto& [name, format] : formats) {
    const std::string tried = name;
    CAPTURE(tried);
    const Finished finished = album.caption(name);
    CHECK(finished.status == 0);
    CHECK(finished.err.empty());
    CHECK(finished.out == done_line(album.out(name), 3, 0));
    const Finished shown = run_program(caption_command({"--format", format, album.images.string()}));
    CHECK(file_text(album.out(name)) == shown.out);
  }
}

TEST_CASE("a second run captions nothing, and does not touch the file") {
  if (!has_program()) return;
  const CaptionedAlbum album;
  for (const std::string& name : names_of_outputs) {
    CAPTURE(name);
    REQUIRE(album.caption(name).status == 0);
    const std::string before = file_text(album.out(name));
    const auto written = fs::last_write_time(album.out(name));
    CHECK(album.caption(name).out == done_line(album.out(name), 0, 3));
    CHECK(file_text(album.out(name)) == before);
    CHECK(fs::last_write_time(album.out(name)) == written);
  }
}

TEST_CASE("what is new is added in its place, what was changed is captioned again, and what is gone is left out") {
  if (!has_program()) return;
  for (const std::string& name : names_of_outputs) {
    CAPTURE(name);
    const CaptionedAlbum album;
    REQUIRE(album.caption(name).status == 0);
    put_scene(album.images / "aa.jpg", 6);
    fs::remove(album.images / "a.jpeg");
    fs::copy_file(trained().image(20), album.images / "c.JPG", fs::copy_options::overwrite_existing);
    fs::last_write_time(album.images / "c.JPG", fs::file_time_type::clock::now() + std::chrono::hours(1));
    const Finished second = album.caption(name);
    CHECK(second.out == album.out(name) + ": captioned 2 images, 1 of them again; 1 was done before\n");
    const std::string other = "new-" + name;
    REQUIRE(album.caption(other).status == 0);
    CHECK(file_text(album.out(name)) == file_text(album.out(other)));
  }
}

TEST_CASE("other settings, another captioner or another precision caption all again") {
  if (!has_program()) return;
  const CaptionedAlbum album;
  const std::string again = album.out("a.csv") + ": captioned 3 images, 3 of them again; 0 were done before\n";
  REQUIRE(album.caption("a.csv").status == 0);
  CHECK(album.caption("a.csv", {"--beam", "2"}).out == again);
  CHECK(album.caption("a.csv", {"--beam", "2"}).out == done_line(album.out("a.csv"), 0, 3));
  CHECK(album.caption("a.csv", {"--mirror-too"}).out == again);
  CHECK(album.caption("a.csv").out == again);

  const fs::path model = album.folder / "model.safetensors";
  fs::copy_file(trained().run / "model.safetensors", model);
  const Arguments by_copy{"caption",          "--threads",          "1", "--run", model.string(), "--out",
                          album.out("a.csv"), album.images.string()};
  CHECK(run_program(by_copy).out == done_line(album.out("a.csv"), 0, 3));  // the same captioner
  const Finished other = run_program(with(tiny_training(trained().data, album.folder / "other"), "--seed", "6"));
  REQUIRE(other.status == 0);
  CHECK(run_program(with(by_copy, "--run", (album.folder / "other").string())).out == again);
}

TEST_CASE("the same images are known by other paths to them, and the file has those that were given") {
  if (!has_program()) return;
  const CaptionedAlbum album;
  REQUIRE(album.caption("a.txt").status == 0);
  const Finished inside = run_script("cd '" + album.images.string() + "'; \"$0\" \"$@\"",
                                     caption_command({"--out", album.out("a.txt"), "."}));
  CHECK(inside.out == done_line(album.out("a.txt"), 0, 3));
  CHECK(paths_of(file_text(album.out("a.txt"))) == Arguments{"./a.jpeg", "./b.jpg", "./c.JPG"});
}

#if PUPIL_X86_KERNELS
TEST_CASE("--dry-run knows what was captioned at its own precision, and at another") {
  if (!has_program()) return;
  const VariableOfPrograms emulated("PUPIL_ISA", "amx_emulated");
  const CaptionedAlbum album;
  REQUIRE(album.caption("a.csv", {"--precision", "medium"}).status == 0);
  CHECK(album.caption("a.csv", {"--precision", "medium", "--dry-run"}).out.starts_with("done\t"));
  CHECK(album.caption("a.csv", {"--precision", "highest", "--dry-run"}).out.starts_with("again\t"));
}
#endif

TEST_CASE("--dry-run says what would be done of each image, and writes nothing") {
  if (!has_program()) return;
  const CaptionedAlbum album;
  const Finished first = album.caption("a.csv", {"--dry-run"});
  CHECK(first.status == 0);
  CHECK(first.err == "captioner: 3 images to caption; 0 are done\n");
  CHECK(first.out == "caption\t" + (album.images / "a.jpeg").string() + "\ncaption\t" +
                         (album.images / "b.jpg").string() + "\ncaption\t" + (album.images / "c.JPG").string() + "\n");
  CHECK_FALSE(fs::exists(album.out("a.csv")));
  CHECK_FALSE(fs::exists(album.out("a.csv.done")));

  REQUIRE(album.caption("a.csv").status == 0);
  put_scene(album.images / "d.jpg", 6);
  fs::last_write_time(album.images / "b.jpg", fs::file_time_type::clock::now() + std::chrono::hours(1));
  const std::string list = file_text(album.out("a.csv.done"));
  const Finished second = album.caption("a.csv", {"--dry-run"});
  CHECK(paths_of(second.out) == Arguments{"done", "again", "done", "caption"});
  CHECK(second.err == "captioner: 2 images to caption, 1 of them again; 2 are done\n");
  CHECK(file_text(album.out("a.csv.done")) == list);
}

TEST_CASE("an interruption leaves complete files, and the same command comes to what it would have without one") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path images = folder / "images";
  fs::create_directories(images);
  fs::copy_file(trained().image(0), folder / "one.jpg");
  for (int i = 0; i < 2000; ++i) {
    fs::create_hard_link(folder / "one.jpg", images / (std::to_string(10000 + i) + ".jpg"));
  }
  const std::string out = (folder / "captions.json").string();
  const Arguments command = caption_command({"--out", out, images.string()});
  Running program(command);
  const auto has_begun = [&] { return fs::exists(out) && fs::file_size(out) > 100; };
  while (!has_begun() && !program.ended()) std::this_thread::sleep_for(std::chrono::microseconds(200));
  program.send(SIGINT);
  const Finished interrupted = program.finish();
  CAPTURE(interrupted.err);
  CHECK(interrupted.status == 130);
  CHECK(interrupted.err == "captioner: interrupted; " + out + " is complete so far, and the same command goes on\n");
  const auto part = nlohmann::json::parse(file_text(out));
  CHECK(part.size() >= 32);
  CHECK(part.size() < 2000);
  CHECK_FALSE(fs::exists(out + ".lock"));

  CHECK(run_program(command).out ==
        done_line(out, static_cast<int>(2000 - part.size()), static_cast<int>(part.size())));
  const Finished whole = run_program(caption_command({"--format", "coco", images.string()}));
  CHECK(file_text(out) == whole.out);
}

TEST_CASE("what a killed process left is gone on with: a list that ends within a line, an output that is behind") {
  if (!has_program()) return;
  const CaptionedAlbum album;
  REQUIRE(album.caption("a.json").status == 0);
  const std::string whole = file_text(album.out("a.json")), list = file_text(album.out("a.json.done"));
  put_file(album.out("a.json.done"), std::string_view(list).substr(0, list.size() - 20));
  put_file(album.out("a.json"), std::string_view(whole).substr(0, whole.size() / 2));
  CHECK(album.caption("a.json").out == done_line(album.out("a.json"), 1, 2));
  CHECK(file_text(album.out("a.json")) == whole);
  CHECK(file_text(album.out("a.json.done")) == list);
  fs::remove(album.out("a.json"));
  CHECK(album.caption("a.json").out == done_line(album.out("a.json"), 0, 3));
  CHECK(file_text(album.out("a.json")) == whole);
}

TEST_CASE("a disk that is full is an error, and the file is complete so far") {
  if (!has_program()) return;
  const CaptionedAlbum album;
  Arguments images;
  for (int i = 0; i < 60; ++i) images.push_back(trained().image(i));
  const Finished finished = run_program(caption_command(Arguments{"--out", album.out("a.json")} + images), 3000);
  CHECK(finished.status == 2);
  CHECK(contains(finished.err, "cannot write: File too large"));
  CHECK(nlohmann::json::accept(file_text(album.out("a.json"))));
}

TEST_CASE("a file that captioner did not write is kept, and so is one of another format") {
  if (!has_program()) return;
  const CaptionedAlbum album;
  put_file(album.out("mine.csv"), "precious");
  check_refused(album.caption("mine.csv"), {album.out("mine.csv") + ": is there already"});
  CHECK(file_text(album.out("mine.csv")) == "precious");

  put_file(album.out("b.csv.done"), "precious\n");
  check_refused(album.caption("b.csv"), {album.out("b.csv.done") + ": is no list"});
  CHECK(file_text(album.out("b.csv.done")) == "precious\n");

  REQUIRE(album.caption("c.csv").status == 0);
  const std::string before = file_text(album.out("c.csv"));
  check_refused(album.caption("c.csv", {"--format", "html"}), {"--out", "of the format csv, not html"});
  CHECK(file_text(album.out("c.csv")) == before);
}

TEST_CASE("an output that cannot be, or would be an image, is refused before work") {
  if (!has_program()) return;
  const CaptionedAlbum album;
  const std::string image = (album.images / "b.jpg").string(), before = file_text(image);
  for (const auto& [out, error] : std::vector<std::pair<std::string, std::string>>{
           {image, image + " is the name of an image"},
           {"-", "--out: - is no file"},
           {"", "--out: is empty"},
           {album.images.string(), album.images.string() + ": cannot write: Is a directory"},
           {album.out("absent/a.csv"), album.out("absent/a.csv") + ": cannot write: No such file or directory"}}) {
    const std::string tried = out;
    CAPTURE(tried);
    check_refused(run_program(caption_command({"--out", out, album.images.string()})), {error});
  }
  CHECK(file_text(image) == before);
  check_refused(album.caption("a.json", {"--captions", "2"}), {"--captions is 2", "one caption an image"});
}

TEST_CASE("drawn captions are the same when a run is gone on with") {
  if (!has_program()) return;
  const CaptionedAlbum album;
  const Arguments drawn{"--sample", "--seed", "7", "--recursive"};
  REQUIRE(album.caption("a.txt", drawn).status == 0);
  const std::string list = file_text(album.out("a.txt.done"));
  std::string without_second;  // of the images
  const auto lines = lines_of(list);
  for (std::size_t i = 0; i < lines.size(); ++i) without_second += i == 2 ? "" : lines[i] + "\n";
  put_file(album.out("a.txt.done"), without_second);
  const std::string before = file_text(album.out("a.txt"));
  CHECK(album.caption("a.txt", drawn).out == done_line(album.out("a.txt"), 1, 4));
  CHECK(file_text(album.out("a.txt")) == before);
}
