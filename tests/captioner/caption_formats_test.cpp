// The forms in which captions are written: COCO's results, a page, files beside the images.

#include <cstdlib>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "many_images.hpp"
#include "streams.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// What the program says of scenes, by their numbers.
std::vector<std::string> captions_of(const std::vector<int>& scenes, const Arguments& more = {}) {
  Arguments images;
  for (const int scene : scenes) images.push_back(trained().image(scene));
  std::vector<std::string> captions;
  for (const std::string& line : lines_of(run_program(caption_command(more + images)).out)) {
    captions.push_back(line.substr(line.find('\t') + 1));
  }
  return captions;
}

std::string sentence_of(int scene) { return captions_of({scene}, {"--sentence"}).front(); }

bool has_exiftool() {
  const bool there = std::system("exiftool -ver > /dev/null 2>&1") == 0;
  if (!there) MESSAGE("skipped: there is no exiftool (Debian's libimage-exiftool-perl)");
  return there;
}

/// The tag of a file, as exiftool reads it.
std::string tag_of_file(const std::string& name, const fs::path& file) {
  return run_script("exiftool -s3 '-" + name + "' '" + file.string() + "'", {}).out;
}

}  // namespace

TEST_CASE("coco gives the results that captioner score reads: COCO's numbers, and paths of other images") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  put_scene(folder / "000000000139.jpg", 0);
  put_scene(folder / "12345.jpg", 1);
  put_scene(folder / "COCO_val2014_000000391895.jpg", 2);
  put_file(folder / "bad.jpg", "");
  const std::string out = (folder / "results.json").string();
  CHECK(run_program(caption_command({"--out", out, folder.path().string()})).status == 1);
  const auto results = nlohmann::json::parse(file_text(out));
  const auto captions = captions_of({0, 1, 2});
  REQUIRE(results.size() == 3);
  CHECK(results[0] == nlohmann::json{{"image_id", 139}, {"caption", captions[0]}});
  CHECK(results[1] == nlohmann::json{{"image_id", (folder / "12345.jpg").string()}, {"caption", captions[1]}});
  CHECK(results[2] == nlohmann::json{{"image_id", 391895}, {"caption", captions[2]}});

  put_file(folder / "references.csv", "image,caption\n12345.jpg," + captions[1] + "\n");
  put_file(folder / "one.json", nlohmann::json::array({results[1]}).dump());
  const Finished scored = run_program(
      {"score", "--candidates", (folder / "one.json").string(), "--references", (folder / "references.csv").string()});
  CAPTURE(scored.err);
  CHECK(scored.status == 0);
}

TEST_CASE("of no image that can be read, COCO's results are an empty array") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  put_file(folder / "bad.jpg", "");
  const Finished finished = run_program(caption_command({"--format", "coco", (folder / "bad.jpg").string()}));
  CHECK(finished.status == 1);
  CHECK(nlohmann::json::parse(finished.out) == nlohmann::json::array());
}

TEST_CASE("html is a page of sentences that names the images from where it lies, whatever they are called") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  put_scene(folder / "album" / "a \"<b>\" & 100%?#.jpg", 0);
  put_file(folder / "album" / "bad.jpg", "");
  fs::create_directories(folder / "pages");
  const std::string out = (folder / "pages" / "index.html").string();
  CHECK(run_program(caption_command({"--out", out, (folder / "album").string()})).status == 1);
  const std::string page = file_text(out);
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.ends_with("</html>\n"));
  CHECK(contains(page, "<img loading=\"lazy\" src=\"../album/a%20%22%3Cb%3E%22%20%26%20100%25%3F%23.jpg\" alt=\"" +
                           sentence_of(0) + "\">"));
  CHECK(contains(page, "<p>" + sentence_of(0) + "</p>"));
  CHECK(contains(page, "a &quot;&lt;b&gt;&quot; &amp; 100%?#.jpg</p>"));
  CHECK(contains(page, "<p class=\"error\">"));
  CHECK_FALSE(contains(page, "<b>"));
  CHECK_FALSE(contains(page, "<script"));
  const Finished plain = run_program(caption_command({"--format", "html", "--no-sentence", trained().image(0)}));
  CHECK(contains(plain.out, "src=\"" + fs::path(trained().image(0)).lexically_relative(fs::current_path()).string()));
  CHECK(contains(plain.out, "alt=\"" + captions_of({0}).front() + "\""));
}

TEST_CASE("--sentence gives a capital and a full stop in the formats that programs read") {
  if (!has_program()) return;
  const std::string plain = captions_of({0}).front(), sentence = sentence_of(0);
  CHECK(sentence.size() == plain.size() + 1);
  CHECK(sentence.front() >= 'A');
  CHECK(sentence.front() <= 'Z');
  CHECK(sentence.substr(1) == plain.substr(1) + ".");
  for (const char* const format : {"json", "csv", "coco", "html"}) {
    CAPTURE(format);
    const Finished finished = run_program(caption_command({"--format", format, "--sentence", trained().image(0)}));
    CHECK(contains(finished.out, sentence));
  }
}

TEST_CASE("--beside txt puts a sentence beside each image, and keeps texts that others wrote") {
  if (!has_program()) return;
  const Album album;
  put_file(album.images / "b.txt", "My own words.\n");
  const Finished first = run_program(caption_command({"--beside", "txt", album.images.string()}));
  CHECK(first.status == 1);
  CHECK(line_count(first.out) == 3);
  CHECK(first.err == "captioner: " + (album.images / "b.txt").string() +
                         ": is there already, and is not as captioner wrote it; it is kept\n");
  CHECK(file_text(album.images / "b.txt") == "My own words.\n");
  CHECK(file_text(album.images / "a.txt") == sentence_of(1) + "\n");
  CHECK(file_text(album.images / "c.txt") == sentence_of(0) + "\n");
  CHECK_FALSE(fs::exists(album.images / "b" / "z.txt"));
}

TEST_CASE("with --out, texts beside images follow new captions, but not where they were corrected") {
  if (!has_program()) return;
  const Album album;
  const Arguments command = caption_command(
      {"--beside", "txt,xmp", "--out", (album.folder / "captions.csv").string(), album.images.string()});
  REQUIRE(run_program(command).status == 0);
  put_file(album.images / "a.txt", "Corrected.\n");
  fs::remove(album.images / "b.txt");
  CHECK(run_program(command).status == 0);
  CHECK(file_text(album.images / "a.txt") == "Corrected.\n");
  CHECK(file_text(album.images / "b.txt") == sentence_of(4) + "\n");

  const std::string caption = captions_of({4}).front(), word = caption.substr(caption.rfind(' ') + 1);
  const Finished other = run_program(command + Arguments{"--begin", word});
  const std::string start = captions_of({4}, {"--sentence", "--begin", word}).front();
  CHECK(other.status == 1);
  CHECK(line_count(other.err) == 1);
  CHECK(contains(other.err, (album.images / "a.txt").string() + ": is there already"));
  CHECK(file_text(album.images / "b.txt") == start + "\n");
  CHECK(contains(file_text(album.images / "b.jpg.xmp"), ">" + start + "<"));
}

TEST_CASE("--beside xmp is read by exiftool as description and alt text, and can be written into a copy of the image") {
  if (!has_program() || !has_exiftool()) return;
  const TemporaryFolder folder;
  const fs::path image = folder / "a.jpg", sidecar = folder / "a.jpg.xmp";
  put_scene(image, 0);
  REQUIRE(run_program(caption_command({"--beside", "xmp", image.string()})).status == 0);
  const std::string sentence = sentence_of(0) + "\n";
  CHECK(tag_of_file("XMP-dc:Description", sidecar) == sentence);
  CHECK(tag_of_file("XMP-iptcCore:AltTextAccessibility", sidecar) == sentence);
  CHECK(tag_of_file("XMP-photoshop:CaptionWriter", sidecar) == "captioner\n");
  CHECK(run_script("exiftool -validate -warning -a -s3 '" + sidecar.string() + "'", {}).out == "OK\n");

  const fs::path copy = folder / "copy.jpg";
  const Finished copied =
      run_script("exiftool -q -o '" + copy.string() + "' -tagsfromfile '" + sidecar.string() +
                     "' -xmp:all '-iptc:Caption-Abstract<xmp-dc:description' '" + image.string() + "'",
                 {});
  CAPTURE(copied.err);
  CHECK(copied.status == 0);
  CHECK(tag_of_file("XMP-dc:Description", copy) == sentence);
  CHECK(tag_of_file("IPTC:Caption-Abstract", copy) == sentence);
}

TEST_CASE("what cannot be written beside an image is a line, and the captions are there") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  put_scene(folder / "a.jpg", 0);
  fs::create_directory(folder / "a.jpg.xmp");
  const Finished finished = run_program(caption_command({"--beside", "xmp", (folder / "a.jpg").string()}));
  CHECK(finished.status == 1);
  CHECK(line_count(finished.out) == 1);
  CHECK(line_count(finished.err) == 1);
  CHECK(contains(finished.err, (folder / "a.jpg.xmp").string()));
}
