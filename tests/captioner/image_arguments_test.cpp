// Names that are given for images, whatever they are.

#include <filesystem>
#include <string>

#include "pretrained.hpp"
#include "streams.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Both commands that take images, with their images.
std::vector<Arguments> with_images(const Arguments& images) {
  return {Arguments{"caption", "--run", trained().run.string()} + images,
          Arguments{"classify", "--top", "1", "--weights", pretrained().weights.string()} + images};
}

}  // namespace

TEST_CASE("a folder, standard input, an address and an empty name are called what they are") {
  if (!has_program()) return;
  const std::string folder = trained().data.string();
  const std::vector<std::pair<std::string, std::string>> cases{
      {folder, folder + ": is a folder; name the image files in it, as in " + folder + "/*.jpg"},
      {"-", "-: images are not read from standard input; name a file"},
      {"https://example.org/a.jpg", "https://example.org/a.jpg: is an address; images are read from files"},
      {"", "\"\": an empty name is no image file"}};
  for (const auto& [name, error] : cases) {
    const bool is_captioned = name == folder || name == "-";  // folder_captions_test.cpp
    for (const Arguments& command : with_images({name, trained().image(0)})) {
      if (is_captioned && command.front() == "caption") continue;
      CAPTURE(command);
      const Finished finished = run_program(command);
      CHECK(finished.status == 1);
      CHECK(finished.err == "captioner: " + error + "\n");
      CHECK(line_count(finished.out) == 1);
    }
  }
}

TEST_CASE("after -- a name may begin with a dash, and names that other programs would take apart are whole") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const Arguments names{"-a.jpg", "--run", "train", "{}", "%%", "a=b", "[c,d].jpg"};
  for (const std::string& name : names) std::filesystem::copy_file(trained().image(0), folder / name);
  const std::string script = "cd '" + folder.path().string() + "'; \"$0\" \"$@\"";
  for (const Arguments& command : with_images(Arguments{"--"} + names)) {
    const Finished finished = run_script(script, command);
    CHECK(finished.err.empty());
    CHECK(finished.status == 0);
    const auto lines = lines_of(finished.out);
    REQUIRE(lines.size() == names.size());
    for (std::size_t i = 0; i < names.size(); ++i) CHECK(lines[i].starts_with(names[i] + "\t"));
  }
  std::filesystem::copy_file(trained().image(0), folder / "[c,d]");
  for (const Arguments& command : with_images({"[c,d]"})) {
    CHECK(run_script(script, command).out.starts_with("./[c,d]\t"));
  }
  for (const Arguments& command : with_images({"[c,d]", "--", "-a.jpg", "--", "--run"})) {
    const Finished finished = run_script(script, command);
    CHECK(finished.status == 1);
    CHECK(line_count(finished.out) == 3);
    CHECK(contains(finished.err, "captioner: --: "));
  }
  const Finished dash = run_script(script, with_images({"-a.jpg"}).front());
  CHECK(dash.status == 2);
  CHECK(dash.err == "captioner: -a.jpg: caption has no such option; the file of that name is ./-a.jpg\n");
}

TEST_CASE("labels that are a folder are refused") {
  if (!has_program()) return;
  const std::string folder = trained().data.string();
  check_refused(run_program(with_images({"--labels", folder, trained().image(0)}).back()),
                {folder + ": cannot read: Is a directory"});
}
