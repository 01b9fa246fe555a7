#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/data_forms.hpp>

#include "data_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

std::string karpathy_image(const std::string& name, const std::string& split, const std::string& caption) {
  return "{\"sentids\": [0], \"imgid\": 0, \"sentences\": [{\"tokens\": [\"not\", \"read\"], \"raw\": \"" + caption +
         "\", \"imgid\": 0, \"sentid\": 0}], \"split\": \"" + split + "\", \"filename\": \"" + name + "\"}";
}

std::string karpathy_json(const std::string& images) {
  return "{\"images\": [" + images + "], \"dataset\": \"flickr8k\"}";
}

}  // namespace

TEST_CASE("Karpathy's splits are read: restval is train, val is dev") {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg", "b.jpg", "c.jpg", "d.jpg"});
  folder.write("dataset_flickr8k.json", karpathy_json(karpathy_image("d.jpg", "test", "A cow .") + ", " +
                                                      karpathy_image("a.jpg", "train", "A \\\"dog\\\" .") + ", " +
                                                      karpathy_image("c.jpg", "val", "Ein H\\u00fcndchen .") + ", " +
                                                      karpathy_image("b.jpg", "restval", "A cat .")));
  const CaptionedImages data = read_captioned_images(folder.path());
  CHECK(data.form == "karpathy");
  CHECK(data.has_own_splits);
  CHECK(data[Split::train] == std::vector<Sample>{{"a.jpg", {"A \"dog\" ."}}, {"b.jpg", {"A cat ."}}});
  CHECK(data[Split::dev] == std::vector<Sample>{{"c.jpg", {"Ein H\u00fcndchen ."}}});
  CHECK(data[Split::test] == std::vector<Sample>{{"d.jpg", {"A cow ."}}});
  CHECK(data.warnings() ==
        std::vector<std::string>{folder.path().string() +
                                 ": read as karpathy (dataset_flickr8k.json): 2 train, 1 dev, 1 test images"});
}

TEST_CASE("Karpathy's COCO names a folder for each image, and words stand for a caption that is not there") {
  const DataFolder folder;
  folder.put_images("train2014", {"a.jpg"});
  folder.put_images("val2014", {"a.jpg"});
  folder.write(
      "dataset_coco.json",
      "{\"images\": [{\"filepath\": \"train2014\", \"filename\": \"a.jpg\", \"split\": \"train\", \"sentences\": "
      "[{\"tokens\": [\"a\", \"dog\"]}]}, {\"filepath\": \"val2014\", \"filename\": \"a.jpg\", \"split\": \"restval\", "
      "\"sentences\": [{\"raw\": \"A cat\"}, {\"raw\": \"...\"}]}]}");
  const CaptionedImages data = read_captioned_images(folder.path());
  CHECK(data[Split::train] == std::vector<Sample>{{"train2014/a.jpg", {"a dog"}}, {"val2014/a.jpg", {"A cat"}}});
  CHECK(data.wordless_captions == 1);
}

TEST_CASE("a split that Karpathy's JSON does not know is named, as is an image in two") {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg", "b.jpg"});
  const std::string file = (folder / "dataset.json").string();
  folder.write("dataset.json", karpathy_json(karpathy_image("a.jpg", "train", "A dog") + "," +
                                             karpathy_image("b.jpg", "holdout", "A cat")));
  CHECK(data_error_of(folder) ==
        file + ": image 2: the split 'holdout' is unknown; train, restval, val, dev and test are known");
  folder.write("dataset.json", karpathy_json(karpathy_image("a.jpg", "train", "A dog") + "," +
                                             karpathy_image("a.jpg", "val", "A cat")));
  CHECK(data_error_of(folder) ==
        file + ": image 2: a.jpg is in the dev split here, and in the train split in " + file + ": image 1");
  folder.write("dataset.json", karpathy_json(karpathy_image("a.jpg", "train", "A dog") + "," +
                                             karpathy_image("./a.jpg", "val", "A cat")));
  CHECK(contains(data_error_of(folder), "image 2: ./a.jpg is in another split than a.jpg"));
}

TEST_CASE("Karpathy's images without a split, without captions or without a file are skipped and counted") {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg", "b.jpg", "c.jpg"});
  folder.write("dataset.json",
               karpathy_json(karpathy_image("a.jpg", "train", "A dog") + "," + karpathy_image("b.jpg", "", "A cat") +
                             "," + karpathy_image("gone.jpg", "val", "A cow") +
                             ", {\"filename\": \"c.jpg\", \"split\": \"train\", \"sentences\": []}"));
  const CaptionedImages data = read_captioned_images(folder.path());
  CHECK(image_names_in(all_samples(data)) == std::vector<std::string>{"a.jpg"});
  CHECK(data.captioned_but_unlisted.first_names == std::vector<std::string>{"b.jpg"});
  CHECK(data.captioned_but_absent.first_names == std::vector<std::string>{"gone.jpg"});
  CHECK(data.uncaptioned.first_names == std::vector<std::string>{"c.jpg"});
}

TEST_CASE("a name in JSON that leads out of the folder is an error that names it and its place") {
  for (const std::string name : {"../secret.jpg", "x/../../secret.jpg", "..\\\\secret.jpg", "/etc/secret.jpg"}) {
    CAPTURE(name);
    const DataFolder folder;
    folder.put_images("Images", {"a.jpg"});
    folder.write("secret.jpg", "");
    folder.write("dataset.json", karpathy_json(karpathy_image("a.jpg", "train", "A dog") + "," +
                                               karpathy_image(name, "train", "A cat")));
    const std::string error = data_error_of(folder);
    CAPTURE(error);
    CHECK(error.starts_with((folder / "dataset.json").string() + ": image 2: "));
    CHECK(contains(error, "secret.jpg would lie outside of"));
  }
}

TEST_CASE("a JSON that is damaged, or of another kind, is an error that names the file") {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg"});
  const std::string file = (folder / "dataset.json").string();
  const std::string sound = karpathy_json(karpathy_image("a.jpg", "train", "A dog"));
  for (std::size_t length = 0; length < sound.size(); ++length) {
    CAPTURE(length);
    folder.write("dataset.json", sound.substr(0, length));
    CHECK(data_error_of(folder).starts_with(file + ": "));
  }
  folder.write("dataset.json", sound + "x");
  CHECK(contains(data_error_of(folder), "more text after the end, at byte"));
  folder.write("dataset.json", "{\"images\": {\"a.jpg\": \"A dog\"}}");
  CHECK(contains(data_error_of(folder), "expected '['"));
  folder.write("dataset.json", "{\"pictures\": []}");
  CHECK(data_error_of(folder) == file + ": has no \"images\", as Karpathy's JSON has");
  folder.write("dataset.json", "{\"images\": []}");
  CHECK(data_error_of(folder) == folder.path().string() + ": no image has a caption with a word");
}

TEST_CASE("of several files of Karpathy's, one has to be named") {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg", "b.jpg"});
  folder.write("dataset_coco.json", karpathy_json(karpathy_image("a.jpg", "train", "A dog")));
  folder.write("dataset_flickr8k.json", karpathy_json(karpathy_image("b.jpg", "train", "A cat")));
  CHECK(data_error_of(folder) ==
        folder.path().string() +
            ": several files of captions: dataset_coco.json, dataset_flickr8k.json; say which is meant");
  const CaptionedImages data = read_captioned_images(folder.path(), {.captions_file = "dataset_flickr8k.json"});
  CHECK(image_names_in(all_samples(data)) == std::vector<std::string>{"b.jpg"});
  CHECK(data_error_of(folder, {.captions_file = "dataset.json"}) ==
        (folder / "dataset.json").string() + ": no such file of captions");
}
