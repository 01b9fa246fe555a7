#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/data/csv.hpp>

#include "program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// Files of captions in a folder of their own.
struct CaptionFiles {
  TemporaryFolder folder;

  std::string put(const std::string& name, std::string_view text) const {
    put_file(folder / name, text);
    return (folder / name).string();
  }

  /// Two images with two captions each, in each of the forms.
  std::string csv_references() const {
    return put("captions.txt",
               "image,caption\na.jpg,a dog is running on grass\na.jpg,a dog runs on the grass\n"
               "b.jpg,two men are playing soccer\nb.jpg,two men play soccer\n");
  }
  std::string token_references() const {
    return put("tokens.txt",
               "a.jpg#0\ta dog is running on grass\na.jpg#1\ta dog runs on the grass\n"
               "b.jpg#0\ttwo men are playing soccer\nb.jpg#1\ttwo men play soccer\n");
  }
  std::string json_references() const {
    return put("references.json",
               R"({"info": {}, "images": [{"id": 7, "file_name": "a.jpg"}, {"id": "eight", "file_name": "b.jpg"}],
                   "annotations": [{"id": 1, "image_id": 7, "caption": "a dog is running on grass"},
                                   {"id": 2, "image_id": 7, "caption": "a dog runs on the grass"},
                                   {"id": 3, "image_id": "eight", "caption": "two men are playing soccer"},
                                   {"id": 4, "image_id": "eight", "caption": "two men play soccer"}]})");
  }
  std::string csv_candidates() const {
    return put("candidates.csv", "image,caption\na.jpg,a dog runs on grass\nb.jpg,two men playing with a\n");
  }
  std::string json_candidates() const {
    return put("candidates.json",
               R"([{"image_id": 7, "caption": "a dog runs on grass"},
                   {"image_id": "eight", "caption": "two men playing with a", "extra": null}])");
  }
};

Finished score(const std::string& candidates, const std::string& references, const Arguments& more = {}) {
  return run_program(Arguments{"score", "--candidates", candidates, "--references", references} + more);
}

/// Checks that a file of candidates, or of references, with this text is refused with its name and all the parts, and
/// that nothing is written.
void check_candidates_refused(std::string_view text, std::vector<std::string> parts) {
  CAPTURE(text);
  const CaptionFiles files;
  const std::string path = files.put("bad", text);
  parts.push_back(path + ": ");
  const fs::path json = files.folder / "scores.json";
  check_refused(score(path, files.json_references(), {"--json", json.string()}), parts);
  CHECK_FALSE(fs::exists(json));
}
void check_references_refused(std::string_view text, std::vector<std::string> parts) {
  CAPTURE(text);
  const CaptionFiles files;
  const std::string path = files.put("bad", text);
  parts.push_back(path + ": ");
  const fs::path json = files.folder / "scores.json";
  check_refused(score(files.csv_candidates(), path, {"--json", json.string()}), parts);
  CHECK_FALSE(fs::exists(json));
}

}  // namespace

TEST_CASE("--help of score says which files it reads") {
  if (!has_program()) return;
  CHECK(contains(run_program({"--help"}).out, "Score captions that are in a file"));
  const Finished help = run_program({"score", "--help"});
  CHECK(help.status == 0);
  for (const std::string part :
       {"--candidates", "--references", "--training", "--json", "COCO", "Flickr8k.token.txt"}) {
    CAPTURE(part);
    CHECK(contains(help.out, part));
  }
}

TEST_CASE("candidates and references of all forms give the same scores") {
  if (!has_program()) return;
  const CaptionFiles files;
  const Finished expected = score(files.csv_candidates(), files.csv_references());
  INFO(expected.err);
  REQUIRE(expected.status == 0);
  CHECK(expected.err.empty());
  CHECK(contains(expected.out, "images   2\n"));
  CHECK(contains(expected.out, "CIDEr-D  "));
  CHECK_FALSE(contains(expected.out, "CIDEr-D  0.0000"));
  CHECK_FALSE(contains(expected.out, "not captioned"));
  CHECK(score(files.csv_candidates(), files.token_references()).out == expected.out);
  CHECK(score(files.csv_candidates(), files.json_references()).out == expected.out);
  CHECK(score(files.json_candidates(), files.json_references()).out == expected.out);
}

TEST_CASE("the captions of evaluate have the same scores and statistics in score, and those of caption are read") {
  if (!has_program()) return;
  const CaptionFiles files;
  const std::string data = trained().data.string();
  const std::string report = (files.folder / "evaluated.json").string();
  const Finished evaluated =
      run_program({"evaluate", "--run", trained().run.string(), "--data", data, "--json", report});
  INFO(evaluated.err);
  REQUIRE(evaluated.status == 0);
  std::string csv = "image,caption\n";
  Arguments caption{"caption", "--run", trained().run.string(), "--format", "csv"};
  const auto evaluation = nlohmann::json::parse(file_text(report));
  for (const auto& entry : evaluation.at("captions")) {
    const std::string image = entry.at("image");
    csv += csv_field(image) + "," + csv_field(entry.at("caption").get<std::string>()) + "\n";
    caption.push_back((trained().data / "Images" / image).string());
  }
  const std::string references = (trained().data / "captions.txt").string();
  const std::string json = (files.folder / "scored.json").string();
  const Finished scored = score(files.put("candidates.csv", csv), references, {"--json", json});
  INFO(scored.err);
  REQUIRE(scored.status == 0);
  auto statistics = evaluation.at("statistics");
  CHECK(statistics.at("seen_in_training").is_number_integer());
  statistics.erase("seen_in_training");
  const auto result = nlohmann::json::parse(file_text(json));
  CHECK(result.at("scores") == evaluation.at("scores"));
  CHECK(result.at("statistics") == statistics);
  CHECK(result.at("captions") == evaluation.at("captions"));
  CHECK(contains(scored.out, "not captioned, and not scored  " + result.at("not_captioned").dump() + "\n"));

  const Finished paths = score(files.put("paths.csv", run_program(caption).out), references);
  CHECK(paths.out == scored.out);
}

TEST_CASE("score and evaluate say how long and how varied captions are, and how many end badly or repeat") {
  if (!has_program()) return;
  const CaptionFiles files;
  const std::string json = (files.folder / "scores.json").string();
  const Finished finished =
      score(files.csv_candidates(), files.csv_references(),
            {"--training", files.put("training.csv", "image,caption\nz.jpg,A dog runs on grass .\n"), "--json", json});
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  for (const std::string line : {"mean length        5.00 words\n", "distinct captions  2 of 2 (100.0 %)\n",
                                 "distinct words     9\n", "seen in training   1 of 2 (50.0 %)\n",
                                 "bad endings        1 of 2 (50.0 %)\n", "repetitions        0 of 2 (0.0 %)\n"}) {
    CAPTURE(line);
    CHECK(contains(finished.out, line));
  }
  const auto statistics = nlohmann::json::parse(file_text(json)).at("statistics");
  CHECK(statistics.at("mean_length") == 5.0);
  CHECK(statistics.at("seen_in_training") == 1);
  CHECK(statistics.at("bad_endings") == 1);
  CHECK_FALSE(contains(score(files.csv_candidates(), files.csv_references()).out, "seen in training"));

  const Finished evaluated =
      run_program({"evaluate", "--run", trained().run.string(), "--data", trained().data.string()});
  for (const std::string name :
       {"mean length", "distinct captions", "distinct words", "seen in training", "bad endings", "repetitions"}) {
    CAPTURE(name);
    CHECK(contains(evaluated.out, name));
  }
}

TEST_CASE("a candidate without a word is scored, by 0") {
  if (!has_program()) return;
  const CaptionFiles files;
  const std::string json = (files.folder / "scores.json").string();
  const std::string empty =
      files.put("empty.json", R"([{"image_id": 7, "caption": ""}, {"image_id": "eight", "caption": "."}])");
  const Finished finished = score(empty, files.json_references(), {"--json", json});
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  CHECK(contains(finished.out, "images   2\n"));
  CHECK(contains(finished.out, "CIDEr-D  0.0000\n"));
  const auto captions = nlohmann::json::parse(file_text(json)).at("captions");
  CHECK(captions[0].at("image") == "7");
  CHECK(captions[0].at("cider_d") == 0);
  CHECK(captions[0].at("rouge_l") == 0);
}

TEST_CASE("images without a candidate are counted, and change no score") {
  if (!has_program()) return;
  const CaptionFiles files;
  const Finished two = score(files.csv_candidates(), files.csv_references());
  const std::string more = files.put("more.txt", file_text(files.csv_references()) + "c.jpg,a dog\nd.jpg,a cat\n");
  const Finished four = score(files.csv_candidates(), more);
  CHECK(four.status == 0);
  CHECK(contains(four.out, "not captioned, and not scored  2\n"));
  CHECK(contains(four.out, two.out.substr(two.out.find("BLEU-1"))));
}

TEST_CASE("references without a word are left out, which is said") {
  if (!has_program()) return;
  const CaptionFiles files;
  const std::string references = files.put("references.json", R"({"images": [{"id": 7}, {"id": 8}], "annotations": [
      {"image_id": 7, "caption": "a dog"}, {"image_id": 7, "caption": "..."}, {"image_id": 8, "caption": ""}]})");
  const Finished finished = score(files.put("c.json", R"([{"image_id": 7, "caption": "a dog"}])"), references);
  CHECK(finished.status == 0);
  CHECK(contains(finished.err, "skipped 2 captions without a word (annotation 2, ...)"));
  CHECK_FALSE(contains(finished.out, "not captioned"));
  check_refused(score(files.put("d.json", R"([{"image_id": 8, "caption": "a dog"}])"), references),
                {"entry 1: image 8 has no reference in " + references});
}

TEST_CASE("a candidate of an image without references, a second one of an image, and none at all are refused") {
  if (!has_program()) return;
  check_candidates_refused("image,caption\na.jpg,a dog\nx.jpg,a cat\n", {"line 3: image x.jpg has no reference in"});
  check_candidates_refused(R"([{"image_id": 5, "caption": "a"}])", {"entry 1: image 5 has no reference in"});
  check_candidates_refused("image,caption\na.jpg,a dog\nb.jpg,a cat\nphotos/a.jpg,a dog\n",
                           {"line 4: image photos/a.jpg has a candidate already, at line 2"});
  check_candidates_refused(R"([{"image_id": 7, "caption": "a"}, {"image_id": "7", "caption": "a"}])",
                           {"entry 2: image 7 has a candidate already, at entry 1"});
  check_candidates_refused("[]", {"there is no candidate"});
  check_candidates_refused("image,caption\n", {"there is no candidate"});
  check_candidates_refused("", {"is empty"});
}

TEST_CASE("JSON of another form is refused with what it is, and the entry") {
  if (!has_program()) return;
  check_candidates_refused(R"({"images": [], "annotations": []})",
                           {"is an object with annotations, images", "an array"});
  check_candidates_refused("[[7, \"a dog\"]]", {"entry 1 is [7,\"a dog\"], not an object"});
  check_candidates_refused(R"([{"image_id": 7, "caption": "a"}, {"image_id": 7}])", {"entry 2: caption is missing in"});
  check_candidates_refused(R"([{"caption": "a"}])", {"entry 1: image_id is missing in"});
  check_candidates_refused(R"([{"image_id": 7, "caption": null}])", {"entry 1: caption is null, not text"});
  for (const std::string id : {"1.5", "true", "null", "[7]", "\"\"", "1e400"}) {
    check_candidates_refused("[{\"image_id\": " + id + ", \"caption\": \"a\"}]",
                             {id == "1e400" ? "1e400" : "image_id is " + id});
  }
  check_references_refused("[]", {"is an array; references are COCO's annotations"});
  check_references_refused(R"({"images": {}, "annotations": []})",
                           {"is an object with annotations, images; references"});
  check_references_refused(R"({"images": [{"file_name": "a.jpg"}], "annotations": []})", {"image 1: id is missing"});
  check_references_refused(R"({"images": [{"id": 1}, {"id": "1"}], "annotations": []})",
                           {"image 2 and image 1 both have the id 1"});
  check_references_refused(R"({"images": [{"id": 1}], "annotations": [{"image_id": 2, "caption": "a"}]})",
                           {"annotation 1: image_id 2 is none of the ids in images"});
  check_references_refused(
      R"({"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "a.jpg"}],
          "annotations": [{"image_id": 1, "caption": "a"}, {"image_id": 2, "caption": "a"}]})",
      {"two images are called a.jpg"});
  check_references_refused(R"({"images": [], "annotations": []})", {"no image has a caption with a word"});
}

TEST_CASE("what is not JSON, or no text in UTF-8, is refused with its line") {
  if (!has_program()) return;
  check_candidates_refused("[{\"image_id\": 7,\n \"caption\": NaN}]", {"line 2: is not JSON", "N"});
  check_candidates_refused("[{\"image_id\": 7,\n \"caption\": \"a\"}", {"line 2: is not JSON"});
  check_candidates_refused("[]\n[]", {"line 2: is not JSON"});
  check_candidates_refused("[{\"image_id\": 7, \"caption\": \"zwei M\xE4nner\"}]", {"line 1: byte 0xE4", "iconv"});
  check_candidates_refused("image,caption\na.jpg,zwei M\xE4nner\n", {"line 2: byte 0xE4", "iconv"});
  check_candidates_refused(std::string_view("\xFF\xFE[\0]\0", 6), {"UTF-16LE"});
  check_candidates_refused("picture,caption\na.jpg,a dog\n", {"line 1: the header is 'picture,caption'"});
  check_candidates_refused("image,caption\na.jpg\n", {"line 2: 1 field"});
  check_references_refused("a.jpg#0\ta dog\nb.jpg a cat\n", {"line 2: not of the form"});
}

TEST_CASE("a byte order mark before JSON and CSV is skipped") {
  if (!has_program()) return;
  const CaptionFiles files;
  const std::string mark = "\xEF\xBB\xBF";
  const Finished plain = score(files.json_candidates(), files.json_references());
  const std::string candidates = files.put("marked.json", mark + file_text(files.json_candidates()));
  const std::string references = files.put("marked_too.json", mark + file_text(files.json_references()));
  CHECK(score(candidates, references).out == plain.out);
  CHECK(score(files.put("marked.csv", mark + file_text(files.csv_candidates())), references).out == plain.out);
}

TEST_CASE("a file that is absent, or a folder, is refused") {
  if (!has_program()) return;
  const CaptionFiles files;
  const std::string absent = (files.folder / "absent.json").string();
  const std::string folder = files.folder.path().string();
  check_refused(score(absent, files.csv_references()), {absent});
  check_refused(score(files.csv_candidates(), absent), {absent});
  check_refused(score(files.csv_candidates(), files.csv_references(), {"--training", absent}), {absent});
  check_refused(score(folder, files.csv_references()), {folder, "is a folder"});
  check_refused(score(files.csv_candidates(), folder), {folder, "is a folder", "captions.txt"});
  check_refused(run_program({"score", "--candidates", absent}), {"--references"});
}

TEST_CASE("the report is not written over a file that is read, nor where it cannot be written") {
  if (!has_program()) return;
  const CaptionFiles files;
  const std::string candidates = files.csv_candidates(), references = files.csv_references();
  const std::string before = file_text(references);
  check_refused(score(candidates, references, {"--json", references}), {"--json", references, "is read"});
  CHECK(file_text(references) == before);
  const std::string nowhere = (files.folder / "absent" / "scores.json").string();
  check_refused(score(candidates, references, {"--json", nowhere}), {nowhere});
}
