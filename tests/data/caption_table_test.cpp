#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/data_forms.hpp>

#include "data_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

const std::vector<Sample> three_in_table{{"a.jpg", {"A dog", "Two dogs"}}, {"b.jpg", {"A cat"}}};

std::vector<Sample> samples_of_table(const std::string& file, const std::string& text,
                                     const FormOptions& options = {}) {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg", "b.jpg"});
  folder.write(file, text);
  return all_samples(read_captioned_images(folder.path(), options));
}

std::string table_error(const std::string& text, const FormOptions& options = {.form = "table"}) {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg", "b.jpg"});
  folder.write("captions.csv", text);
  const std::string error = data_error_of(folder, options);
  const std::string file = (folder / "captions.csv").string() + ": ";
  CHECK(error.starts_with(file));
  return error.substr(std::min(file.size(), error.size()));
}

}  // namespace

TEST_CASE("tables are read whatever divides their fields, in columns of any order") {
  CHECK(samples_of_table("captions.csv", "image,caption\na.jpg,A dog\nb.jpg,A cat\na.jpg,Two dogs\n") ==
        three_in_table);
  CHECK(samples_of_table("captions.csv", "Text;File_Name\nA dog;a.jpg\nA cat;b.jpg\nTwo dogs;a.jpg\n") ==
        three_in_table);
  CHECK(samples_of_table("captions.tsv",
                         "id\timage_path\tcaption\n1\ta.jpg\tA dog\n2\tb.jpg\tA cat\n3\ta.jpg\tTwo dogs") ==
        three_in_table);
  CHECK(samples_of_table("flickr.csv",
                         "image_name,comment_number,comment\na.jpg,0,A dog\nb.jpg,0,A cat\na.jpg,1,Two dogs\n") ==
        three_in_table);
  CHECK(samples_of_table("captions.txt", "image\tcaption\na.jpg\tA dog\nb.jpg\tA cat\na.jpg\tTwo dogs\n") ==
        three_in_table);
}

TEST_CASE("columns are chosen by their names, and a table is meant where they are") {
  const std::string text = "picture,de,en\na.jpg,Ein Hund,A dog\na.jpg,Zwei Hunde,Two dogs\nb.jpg,Eine Katze,A cat\n";
  CHECK(samples_of_table("mine.csv", text, {.image_column = "picture", .caption_column = "EN"}) == three_in_table);
  CHECK(samples_of_table("captions.csv", text, {.image_column = "picture", .caption_column = "de"})[1] ==
        Sample{"b.jpg", {"Eine Katze"}});
}

TEST_CASE("a column of splits decides them, and rows without one are left out") {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg", "b.jpg", "c.jpg", "d.jpg"});
  folder.write("captions.csv",
               "image,caption,part,split\na.jpg,A dog,test,Train\na.jpg,Two dogs,test,train\nb.jpg,A "
               "cat,train,val\nc.jpg,A cow,dev,test\nd.jpg,A hen,dev,\n");
  CaptionedImages data = read_captioned_images(folder.path());
  CHECK(data[Split::train] == std::vector<Sample>{{"a.jpg", {"A dog", "Two dogs"}}});
  CHECK(image_names_in(data[Split::dev]) == std::vector<std::string>{"b.jpg"});
  CHECK(image_names_in(data[Split::test]) == std::vector<std::string>{"c.jpg"});
  CHECK(data.captioned_but_unlisted.first_names == std::vector<std::string>{"d.jpg"});
  data = read_captioned_images(folder.path(), {.split_column = "part"});
  CHECK(image_names_in(data[Split::dev]) == std::vector<std::string>{"c.jpg", "d.jpg"});
}

TEST_CASE("what Kaggle and Excel do to a CSV file does not matter: quotes, a byte order mark, line ends, blank lines") {
  CHECK(samples_of_table("captions.csv",
                         "\uFEFFimage,caption,note\r\n\r\na.jpg,\"A dog\",\"x, y\"\r\n\r\nb.jpg,A "
                         "cat,\"line\r\nend\"\r\na.jpg,Two dogs,") == three_in_table);
}

TEST_CASE("quotes in a TSV file are those of the caption, unless they hold the whole field") {
  CHECK(samples_of_table("captions.tsv", "image\tcaption\na.jpg\t\"A dog\"\nb.jpg\tA cat\na.jpg\tTwo dogs\n") ==
        three_in_table);
  CHECK(samples_of_table(
            "captions.tsv",
            "image\tcaption\na.jpg\tA 5\" dog\na.jpg\t\"Sit\" on a sign, \"stay\"\na.jpg\t\"It says \"\"sit\"\"\"\n") ==
        std::vector<Sample>{{"a.jpg", {"A 5\" dog", "\"Sit\" on a sign, \"stay\"", "It says \"sit\""}}});
}

TEST_CASE("a column that is not there is named, with those that are") {
  CHECK(table_error("image,caption\na.jpg,A dog\n", {.caption_column = "text"}) ==
        "line 1: there is no column 'text'; there are 'image', 'caption'");
  CHECK(table_error("image,caption\na.jpg,A dog\n", {.split_column = "part"}) ==
        "line 1: there is no column 'part'; there are 'image', 'caption'");
  CHECK(table_error("image;words\na.jpg;A dog\n") ==
        "line 1: no column is known to be that of the caption; there are 'image', 'words'");
  CHECK(table_error("a.jpg,A dog\n") ==
        "line 1: no column is known to be that of the image; there are 'a.jpg', 'A dog'");
  CHECK(table_error("image,x,X\na.jpg,A,B\n", {.caption_column = "x"}) ==
        "line 1: the column 'x' stands twice; there are 'image', 'x', 'X'");
  CHECK(table_error("image,caption\na.jpg,A dog\n", {.caption_column = "image"}) ==
        "the column 'image' is named for images and for captions");
}

TEST_CASE("a row of a table that is wrong is named by its line") {
  CHECK(table_error("image,caption\na.jpg,A dog\nb.jpg,A cat, asleep\n") == "line 3: 3 fields where the header has 2");
  CHECK(table_error("image,caption\n,A dog\n") == "line 2: no image is named");
  CHECK(table_error("image,caption,split\na.jpg,A dog,hold out\n") ==
        "line 2: the split 'hold out' is unknown; train, restval, val, dev and test are known");
  CHECK(contains(table_error("image,caption,split\na.jpg,A dog,train\na.jpg,A dog,val\n"),
                 "line 3: a.jpg is in the dev split here, and in the train split in "));
  CHECK(contains(table_error("image,caption\na.jpg,M\xE4nner\n"), "line 2: byte 0xE4"));
  CHECK(contains(table_error("image,caption\na.jpg,A dog\n../b.jpg,A cat\n"),
                 "line 3: the image ../b.jpg would lie outside of"));
  CHECK(table_error("") == "is empty; a header of columns is missing");
}

TEST_CASE("images of a table may be paths from the folder, and lie beside it") {
  const DataFolder folder;
  folder.put_images("pictures/2019", {"a.jpg"});
  folder.put_images(".", {"b.jpg"});
  folder.write("captions.csv", "image,caption\npictures/2019/a.jpg,A dog\nb.jpg,A cat\n");
  CHECK(all_samples(read_captioned_images(folder.path())) ==
        std::vector<Sample>{{"b.jpg", {"A cat"}}, {"pictures/2019/a.jpg", {"A dog"}}});
  CHECK(image_names_in(all_samples(read_captioned_images(folder.path(), {.image_folder = "pictures/2019/"}))) ==
        std::vector<std::string>{"a.jpg"});
  CHECK(data_error_of(folder, {.image_folder = "photos"}) ==
        (folder / "photos").string() + ": no such folder of images");
}
