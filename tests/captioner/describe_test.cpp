#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// Five scenes in a table, two of them the same, one broken, one absent.
struct FaultyData {
  TemporaryFolder folder;
  fs::path data = folder / "data";

  FaultyData() {
    make_scenes(folder / "scenes", 8);
    fs::create_directory(data);
    std::vector<fs::path> images;
    for (const auto& entry : fs::directory_iterator(folder / "scenes" / "Images")) images.push_back(entry.path());
    std::sort(images.begin(), images.end());
    fs::copy_file(images[0], data / "a.jpg");
    fs::copy_file(images[0], data / "b.jpg");
    fs::copy_file(images[1], data / "c.jpg");
    put_file(data / "d.jpg", "no image");
    put_file(data / "captions.csv",
             "image,caption,split\na.jpg,A dog runs,train\na.jpg,a dog runs.,train\nc.jpg,A cat,train\nb.jpg,A cow "
             "runs,val\nd.jpg,Zwei H\u00FCnde,test\ngone.jpg,A hen,test\nc.jpg,!!!,train\n");
  }

  Finished describe(const Arguments& more = {}) const {
    return run_program(Arguments{"describe", "--data", data.string()} + more);
  }
};

}  // namespace

TEST_CASE("describe says what it understood of a folder, and every fault in it") {
  if (!has_program()) return;
  const FaultyData faulty;
  const Finished finished = faulty.describe();
  CAPTURE(finished.out);
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  for (const std::string part :
       {"form          table\n", "splits        by the data\n", "4 words in the train captions",
        "absent        1 (gone.jpg)\n", "no word       1 caption\n", "double        1 caption of 1 image (a.jpg)\n",
        "broken        1 of 4 images\n",
        "duplicates    1 image under several names, 1 of them in several splits\n"
        "  a.jpg (train) = b.jpg (dev)\n"}) {
    CAPTURE(part);
    CHECK(contains(finished.out, part));
  }
}

TEST_CASE("describe's JSON has the numbers") {
  if (!has_program()) return;
  const FaultyData faulty;
  const Finished finished = faulty.describe({"--format", "json", "--threads", "1"});
  CAPTURE(finished.out);
  REQUIRE(finished.status == 0);
  const auto json = nlohmann::json::parse(finished.out);
  CHECK(json.at("form") == "table");
  CHECK(json.at("has_own_splits") == true);
  CHECK(json.at("splits").at("train").at("images") == 2);
  CHECK(json.at("splits").at("train").at("captions") == 3);
  CHECK(json.at("splits").at("train").at("captions_an_image").at("most") == 2);
  CHECK(json.at("splits").at("train").at("words_a_caption").at("mean").get<double>() == doctest::Approx(8.0 / 3));
  CHECK(json.at("splits").at("all").at("captions") == 5);
  CHECK(json.at("distinct_words") == 4);
  CHECK(json.at("coverage").size() == 5);
  CHECK(json.at("coverage")[1].at("min_count") == 2);
  CHECK(json.at("coverage")[1].at("words") == 3);
  CHECK(json.at("coverage")[1].at("known").at("train").get<double>() == doctest::Approx(7.0 / 8));
  CHECK(json.at("coverage")[0].at("known").at("dev").get<double>() == doctest::Approx(2.0 / 3));
  CHECK(json.at("captioned_but_absent").at("count") == 1);
  CHECK(json.at("captions_without_a_word") == 1);
  CHECK(json.at("double_captions").at("count") == 1);
  CHECK(json.at("broken").size() == 1);
  CHECK(json.at("broken")[0].at("image") == "d.jpg");
  CHECK(json.at("duplicates").size() == 1);
  CHECK(json.at("duplicates")[0].at("across_splits") == true);
}

TEST_CASE("describe reads no image where it is told not to, and in the columns that are named") {
  if (!has_program()) return;
  const FaultyData faulty;
  const Finished finished =
      faulty.describe({"--no-images", "--format", "json", "--caption-column", "split", "--split-column", "split"});
  REQUIRE(finished.status == 0);
  const auto json = nlohmann::json::parse(finished.out);
  CHECK(!json.contains("broken"));
  CHECK(json.at("distinct_words") == 1);
}

TEST_CASE("describe of a folder that is not there or in no form is refused in one line") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  check_refused(run_program({"describe", "--data", (folder / "absent").string()}), {"absent", "no such folder"});
  check_refused(run_program({"describe", "--data", folder.path().string()}),
                {"no captions in a form that is read", "it is empty"});
  check_refused(run_program({"describe"}), {"--data"});
}
