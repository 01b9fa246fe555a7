#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/data_forms.hpp>

#include "data_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

std::string coco_json(const std::string& images, const std::string& annotations) {
  return "{\"info\": {\"year\": 2017}, \"licenses\": [], \"images\": [" + images + "], \"annotations\": [" +
         annotations + "]}";
}

std::string coco_image(const std::string& id, const std::string& name) {
  return "{\"license\": 3, \"file_name\": \"" + name + "\", \"height\": 427, \"width\": 640, \"id\": " + id + "}";
}

std::string coco_caption(const std::string& id, const std::string& caption) {
  return "{\"image_id\": " + id + ", \"id\": 38, \"caption\": \"" + caption + "\"}";
}

}  // namespace

TEST_CASE("COCO's files are splits by their names, each with its folder of images") {
  const DataFolder folder;
  folder.put_images("train2017", {"9.jpg", "25.jpg"});
  folder.put_images("val2017", {"9.jpg"});
  folder.write("annotations/captions_train2017.json",
               coco_json(coco_image("9", "9.jpg") + "," + coco_image("25", "25.jpg"),
                         coco_caption("25", "A giraffe.") + "," + coco_caption("9", "Some food.") + "," +
                             coco_caption("25", "Two giraffes.")));
  folder.write("annotations/captions_val2017.json", coco_json(coco_image("9", "9.jpg"), coco_caption("9", "A bear.")));
  folder.write("annotations/instances_val2017.json", "{\"annotations\": [{\"image_id\": 9, \"segmentation\": []}]}");
  const CaptionedImages data = read_captioned_images(folder.path());
  CHECK(data.form == "coco");
  CHECK(data[Split::train] == std::vector<Sample>{{"train2017/25.jpg", {"A giraffe.", "Two giraffes."}},
                                                  {"train2017/9.jpg", {"Some food."}}});
  CHECK(data[Split::dev] == std::vector<Sample>{{"val2017/9.jpg", {"A bear."}}});
  CHECK(data[Split::test].empty());
}

TEST_CASE("one file of COCO's alone is cut into splits, unless it is called val or test") {
  const auto splits_of = [](const std::string& file) {
    const DataFolder folder;
    std::string images, captions;
    for (int i = 0; i < 40; ++i) {
      const std::string id = std::to_string(i), comma = i == 0 ? "" : ",";
      folder.put_images("images", {id + ".jpg"});
      images += comma + coco_image(i % 2 == 0 ? id : "\"" + id + "\"", id + ".jpg");
      captions += comma + coco_caption(id, "A cat " + id);
    }
    folder.write(file, coco_json(images, captions));
    const CaptionedImages data = read_captioned_images(folder.path());
    std::vector<std::size_t> sizes;
    for (const Split split : all_splits) sizes.push_back(data[split].size());
    return sizes;
  };
  for (const std::string file : {"captions_train2017.json", "annotations/captions.json", "mine.json"}) {
    CAPTURE(file);
    const auto sizes = splits_of(file);
    CHECK(sizes[0] + sizes[1] + sizes[2] == 40);
    CHECK(sizes[0] > sizes[1]);
    CHECK(sizes[1] + sizes[2] > 0);
  }
  CHECK(splits_of("captions_val2017.json") == std::vector<std::size_t>{0, 40, 0});
  CHECK(splits_of("annotations/captions_test.json") == std::vector<std::size_t>{0, 0, 40});
}

TEST_CASE("annotations may stand before the images, and those of no image are counted") {
  const DataFolder folder;
  folder.put_images("images", {"a.jpg"});
  folder.write("captions.json", "{\"annotations\": [" + coco_caption("1", "A dog") + "," + coco_caption("2", "A cat") +
                                    "], \"images\": [" + coco_image("1", "a.jpg") + "]}");
  const CaptionedImages data = read_captioned_images(folder.path());
  CHECK(all_samples(data) == std::vector<Sample>{{"a.jpg", {"A dog"}}});
  REQUIRE(data.warnings().size() == 2);
  CHECK(contains(data.warnings()[1], "skipped 1 caption of images that it does not list (image_id 2)"));
}

TEST_CASE("what is wrong in COCO's JSON is an error that names file and place") {
  const auto error = [](const std::string& text) {
    const DataFolder folder;
    folder.put_images("images", {"a.jpg", "b.jpg"});
    folder.write("captions_x.json", text);
    const std::string whole = data_error_of(folder);
    const std::string file = (folder / "captions_x.json").string() + ": ";
    CHECK(whole.starts_with(file));
    return whole.substr(std::min(file.size(), whole.size()));
  };
  const std::string image = coco_image("1", "a.jpg"), caption = coco_caption("1", "A dog");
  CHECK(error(coco_json(image + "," + coco_image("1", "b.jpg"), caption)) == "image 2: the id 1 stands twice");
  CHECK(error(coco_json("{\"file_name\": \"a.jpg\"}", caption)) == "image 1: has no id");
  CHECK(error(coco_json("{\"id\": 1}", caption)) == "image 1: no image is named");
  CHECK(error(coco_json(image, "{\"id\": 3, \"caption\": \"A dog\"}")) == "annotation 1: has no image_id");
  CHECK(error(coco_json(image, "{\"image_id\": 1, \"bbox\": [1.5, 2e3]}")) ==
        "annotation 1: has no caption; this seems to be COCO's file of something else");
  CHECK(error("{\"images\": [" + image + "]}") == "has no \"annotations\", as COCO's captions have");
  CHECK(error("{\"annotations\": [" + caption + "]}") == "has no \"images\", as COCO's captions have");
  CHECK(contains(error(coco_json(image, caption).substr(0, 150)), "at byte 150 of the file"));
  CHECK(contains(error("[" + caption + "]"), "expected '{'"));
  CHECK(contains(error("not json"), "expected '{'"));
}

TEST_CASE("an image that two of COCO's files list is in two splits, which is an error") {
  const DataFolder folder;
  folder.put_images("images", {"a.jpg", "b.jpg"});
  const std::string text = coco_json(coco_image("1", "a.jpg"), coco_caption("1", "A dog"));
  folder.write("annotations/captions_train.json", text);
  folder.write("annotations/captions_val.json", text);
  const std::string error = data_error_of(folder);
  CHECK(contains(error, "captions_val.json: image 1: a.jpg is in another split than a.jpg in "));
  CHECK(contains(error, "captions_train.json: image 1"));
}
