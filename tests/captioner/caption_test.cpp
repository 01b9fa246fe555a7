#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/io/image_write.hpp>

#include "../io/tiny_images.hpp"
#include "program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

Arguments caption(const Arguments& more) { return Arguments{"caption", "--run", trained().run.string()} + more; }

template <std::size_t Size>
std::string_view text_of(const std::array<unsigned char, Size>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), Size};
}

/// A grey PNG picture of this size.
std::string png(Index width, Index height) {
  const auto bytes = encode_png(Image::full({height, width, 3}, 96));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("one line an image: its path, a tab, its caption, in the order given") {
  if (!has_program()) return;
  const Arguments images{trained().image(7), trained().image(0), trained().image(3)};
  const Finished finished = run_program(caption(images));
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  const auto lines = lines_of(finished.out);
  REQUIRE(lines.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(lines[i].starts_with(images[i] + "\t"));
    CHECK(std::count(lines[i].begin(), lines[i].end(), '\t') == 1);
    CHECK_FALSE(contains(lines[i], "<"));
  }
}

TEST_CASE("json gives an object a line, csv a header and a row an image, with the captions that text has") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string odd = (folder / "a, \"b\".jpg").string();
  std::filesystem::copy_file(trained().image(1), odd);
  const Arguments images{trained().image(0), odd};
  std::vector<std::string> captions;
  for (const std::string& line : lines_of(run_program(caption(images)).out)) {
    captions.push_back(line.substr(line.find('\t') + 1));
  }
  REQUIRE(captions.size() == 2);

  const Finished json = run_program(caption(Arguments{"--format", "json"} + images));
  CHECK(json.status == 0);
  const auto objects = lines_of(json.out);
  REQUIRE(objects.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto object = nlohmann::json::parse(objects[i]);
    CHECK(object.size() == 2);
    CHECK(object.at("image") == images[i]);
    CHECK(object.at("caption") == captions[i]);
  }

  const Finished csv = run_program(caption(Arguments{"--format", "csv"} + images));
  CHECK(csv.status == 0);
  const auto rows = lines_of(csv.out);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0] == "image,caption");
  CHECK(rows[1] == images[0] + "," + captions[0]);
  CHECK(rows[2] == message('"', (folder / "a, \"\"b\"\".jpg").string(), "\",", captions[1]));
}

TEST_CASE("an image that cannot be read is an error of its own: the others are captioned, and the status is 1") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string whole = file_text(trained().image(2));
  const std::string empty = (folder / "empty.jpg").string();
  const std::string truncated = (folder / "truncated.jpg").string();
  const std::string text = (folder / "text.jpg").string();
  const std::string absent = (folder / "absent.jpg").string();
  put_file(empty, "");
  put_file(truncated, std::string_view(whole).substr(0, whole.size() / 2));
  put_file(text, "no picture at all\n");
  for (const std::string& bad : {empty, truncated, text, absent}) {
    CAPTURE(bad);
    const Finished finished = run_program(caption({trained().image(0), bad, trained().image(1)}));
    CAPTURE(finished.err);
    CHECK(finished.status == 1);
    CHECK(line_count(finished.err) == 1);
    CHECK(finished.err.starts_with("captioner: " + bad + ": "));
    const auto lines = lines_of(finished.out);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].starts_with(trained().image(0) + "\t"));
    CHECK(lines[1].starts_with(trained().image(1) + "\t"));
  }
  const Finished json = run_program(caption({"--format", "json", empty, trained().image(0)}));
  CHECK(json.status == 1);
  const auto objects = lines_of(json.out);
  REQUIRE(objects.size() == 2);
  CHECK(nlohmann::json::parse(objects[0]).at("image") == empty);
  CHECK(contains(nlohmann::json::parse(objects[0]).at("error").get<std::string>(), empty));
  CHECK(nlohmann::json::parse(objects[1]).contains("caption"));
}

TEST_CASE("a bad image does not change what is said of the others") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string bad = (folder / "bad.jpg").string();
  put_file(bad, "x");
  const std::string alone = run_program(caption({trained().image(4)})).out;
  CHECK(run_program(caption({bad, trained().image(4)})).out == alone);
}

TEST_CASE("grey, RGBA, CMYK, progressive, palette, tiny and very wide images are pictures") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, std::string>> files{
      {"grey.jpg", std::string(text_of(tiny::jpeg_grey))},
      {"cmyk.jpg", std::string(text_of(tiny::jpeg_cmyk))},
      {"progressive.jpg", std::string(text_of(tiny::jpeg_progressive))},
      {"subsampled.jpg", std::string(text_of(tiny::jpeg_subsampled))},
      {"grey.png", std::string(text_of(tiny::png_grey))},
      {"rgba.png", std::string(text_of(tiny::png_rgba))},
      {"grey_alpha.png", std::string(text_of(tiny::png_grey_alpha))},
      {"palette.png", std::string(text_of(tiny::png_palette_transparent))},
      {"one_pixel.png", png(1, 1)},
      {"wide.png", png(5000, 2)},
      {"tall.png", png(1, 4000)},
      {"rgb.bmp", std::string(text_of(tiny::bmp_rgb))}};
  Arguments paths;
  for (const auto& [name, bytes] : files) {
    paths.push_back((folder / name).string());
    put_file(paths.back(), bytes);
  }
  const Finished finished = run_program(caption(paths));
  INFO(finished.err);
  CHECK(finished.status == 0);
  CHECK(line_count(finished.out) == files.size());
}

TEST_CASE("a beam of 1 is greedy, and the longest caption can be chosen") {
  if (!has_program()) return;
  const std::string image = trained().image(5);
  CHECK(run_program(caption({"--beam", "1", image})).out == run_program(caption({image})).out);
  const Finished wide = run_program(caption({"--beam", "4", image}));
  CHECK(wide.status == 0);
  CHECK(line_count(wide.out) == 1);
  const std::string two = run_program(caption({"--max-length", "2", image})).out;
  const std::string_view words = std::string_view(two).substr(two.find('\t') + 1);
  CHECK(std::count(words.begin(), words.end(), ' ') <= 1);
}

TEST_CASE("more images than one batch, on any number of threads, get the same captions") {
  if (!has_program()) return;
  Arguments images;
  for (int i = 0; i < 60; ++i) images.push_back(trained().image(i));
  const Finished one = run_program(caption(Arguments{"--threads", "1"} + images));
  const Finished two = run_program(caption(Arguments{"--threads", "2"} + images));
  CHECK(line_count(one.out) == 60);
  CHECK(one.out == two.out);
}

TEST_CASE("model.safetensors is all that captioning needs") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  std::filesystem::copy_file(trained().run / "model.safetensors", folder / "model.safetensors");
  const std::string expected = run_program(caption({trained().image(0)})).out;
  CHECK(run_program({"caption", "--run", folder.path().string(), trained().image(0)}).out == expected);
  CHECK(run_program({"caption", "--run", (folder / "model.safetensors").string(), trained().image(0)}).out == expected);
}
