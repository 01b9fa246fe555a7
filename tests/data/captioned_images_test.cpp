#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/captioned_images.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::error_of;

TEST_CASE("splits are called train, dev and test") {
  CHECK(split_named("train") == Split::train);
  CHECK(split_named("dev") == Split::dev);
  CHECK(split_named("test") == Split::test);
  CHECK(error_of<OptionError>([] { split_named("val"); }) == "split: 'val' is none of train, dev, test");
}

TEST_CASE("asking for an empty split is an error that names it") {
  CaptionedImages data;
  data.folder = "photos";
  data[Split::dev].push_back({"a.jpg", {"a dog"}});
  CHECK(data.at(Split::dev).size() == 1);
  CHECK(error_of<FileError>([&] { data.at(Split::test); }) == "photos: the test split is empty");
}

TEST_CASE("what was left out is counted, and the first few are named") {
  LeftOut left_out;
  left_out.add("a.jpg");
  CHECK(left_out.names() == "a.jpg");
  for (const char* name : {"b.jpg", "c.jpg", "d.jpg"}) left_out.add(name);
  CHECK(left_out.count == 4);
  CHECK(left_out.names() == "a.jpg, b.jpg, c.jpg, ...");
}

TEST_CASE("warnings name the folder, the count and the reason, one line each") {
  CaptionedImages data;
  data.folder = "photos";
  CHECK(data.warnings().empty());
  data.listed_but_absent.add("a.jpg");
  data.captioned_but_unlisted.add("b.jpg");
  data.captioned_but_unlisted.add("c.jpg");
  CHECK(data.warnings() ==
        std::vector<std::string>{"photos: skipped 1 image named in a split list but absent (a.jpg)",
                                 "photos: skipped 2 images with captions but in no split list (b.jpg, c.jpg)"});
}
