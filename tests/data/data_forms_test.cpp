#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/data_forms.hpp>

#include "data_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

TEST_CASE("a folder in no form is an error that says what was looked for and what is there") {
  const DataFolder folder;
  folder.write("notes.md", "...");
  const std::string error = data_error_of(folder);
  CHECK(error.starts_with(folder.path().string() + ": has no captions in a form that is read ("));
  for (const DataForm& form : data_forms) {
    CAPTURE(form.name);
    CHECK(contains(error, std::string(form.name) + ": " + std::string(form.wanted)));
  }
  CHECK(error.ends_with("; it holds notes.md"));
}

TEST_CASE("a folder in two forms is an error that names both, unless one is chosen") {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg", "b.jpg"});
  folder.write("captions.txt", "image,caption\na.jpg,A dog\n");
  folder.write(
      "dataset_flickr8k.json",
      "{\"images\": [{\"filename\": \"b.jpg\", \"split\": \"train\", \"sentences\": [{\"raw\": \"A cat\"}]}]}");
  CHECK(data_error_of(folder) == folder.path().string() +
                                     ": has captions in several forms, flickr8k (captions.txt) and karpathy "
                                     "(dataset_flickr8k.json); --form chooses one");
  CHECK(image_names_in(all_samples(read_captioned_images(folder.path(), {.form = "flickr8k"}))) ==
        std::vector<std::string>{"a.jpg"});
  for (const FormOptions& options :
       {FormOptions{.form = "karpathy"}, FormOptions{.captions_file = "dataset_flickr8k.json"}}) {
    CHECK(image_names_in(all_samples(read_captioned_images(folder.path(), options))) ==
          std::vector<std::string>{"b.jpg"});
  }
  folder.write("notes.json", "{}");
  CHECK(data_error_of(folder, {.captions_file = "notes.json"}) ==
        (folder / "notes.json").string() + ": not known to be in a form that is read; --form says in which");
}

TEST_CASE("Flickr8k's form is said by nobody, nor is one that was chosen; others are said in a line") {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg"});
  folder.write("captions.txt", "image,caption\na.jpg,A dog\n");
  CHECK(read_captioned_images(folder.path()).warnings().empty());
  const DataFolder table;
  table.put_images("Images", {"a.jpg"});
  table.write("captions.csv", "image,caption,split\na.jpg,A dog,train\n");
  CHECK(read_captioned_images(table.path()).warnings() ==
        std::vector<std::string>{table.path().string() +
                                 ": read as table (captions.csv): 1 train, 0 dev, 0 test images"});
  CHECK(read_captioned_images(table.path(), {.form = "table"}).warnings().empty());
}

TEST_CASE("a form that there is not, and options that a form does not have, are errors that name them") {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg"});
  folder.write("captions.txt", "image,caption\na.jpg,A dog\n");
  CHECK(data_error_of(folder, {.form = "voc"}) ==
        "form: 'voc' is none of flickr8k, flickr30k, karpathy, coco, table, text-beside-image");
  for (const DataForm& form : data_forms) {
    if (form.name == table_form.name) continue;
    CAPTURE(form.name);
    CHECK(data_error_of(folder, {.form = std::string(form.name), .caption_column = "text"}) ==
          "the column 'text' is named, but the form " + std::string(form.name) +
              " has no columns to choose from; table has");
  }
  CHECK(contains(data_error_of(folder, {.form = "flickr8k", .captions_file = "captions.txt"}), "names of their own"));
}

TEST_CASE("a form that is chosen for a folder without its files says which these are") {
  const DataFolder folder;
  folder.put_images("Images", {"a.jpg"});
  folder.write("captions.txt", "image,caption\na.jpg,A dog\n");
  for (const char* const name : {"flickr30k", "karpathy", "coco"}) {
    CAPTURE(name);
    CHECK(data_error_of(folder, {.form = name}) == folder.path().string() + ": no file of the form " + name +
                                                       ", which has " + std::string(form_named(name).wanted));
  }
}

TEST_CASE("the same captions are the same samples in every form") {
  const std::vector<Sample> expected{{"a.jpg", {"Ein H\u00FCndchen", "Zwei"}}, {"b.jpg", {"\u72D7\u3068\u732B"}}};
  const auto samples_in = [](const std::string& file, const std::string& text) {
    const DataFolder folder;
    folder.put_images("Images", {"a.jpg", "b.jpg"});
    folder.write(file, text);
    return all_samples(read_captioned_images(folder.path()));
  };
  CHECK(samples_in("captions.txt", "image,caption\na.jpg,Ein H\u00FCndchen\na.jpg,Zwei\nb.jpg,\u72D7\u3068\u732B\n") ==
        expected);
  CHECK(samples_in("results.csv",
                   "image_name| comment_number| comment\na.jpg| 0| Ein H\u00FCndchen\na.jpg| 1| Zwei\nb.jpg| 0| "
                   "\u72D7\u3068\u732B\n") == expected);
  CHECK(samples_in("dataset.json",
                   "{\"images\": [{\"filename\": \"a.jpg\", \"split\": \"train\", \"sentences\": [{\"raw\": \"Ein "
                   "H\\u00fcndchen\"}, {\"raw\": \"Zwei\"}]}, {\"filename\": \"b.jpg\", \"split\": \"val\", "
                   "\"sentences\": [{\"raw\": \"\u72D7\u3068\u732B\"}]}]}") == expected);
  CHECK(samples_in("captions.json",
                   "{\"images\": [{\"id\": 1, \"file_name\": \"a.jpg\"}, {\"id\": 2, \"file_name\": \"b.jpg\"}], "
                   "\"annotations\": [{\"image_id\": 1, \"caption\": \"Ein H\u00FCndchen\"}, {\"image_id\": 1, "
                   "\"caption\": \"Zwei\"}, {\"image_id\": 2, \"caption\": \"\u72D7\u3068\u732B\"}]}") == expected);
  CHECK(samples_in("captions.tsv",
                   "image\tcaption\na.jpg\tEin H\u00FCndchen\na.jpg\tZwei\nb.jpg\t\u72D7\u3068\u732B\n") == expected);
}

TEST_CASE("the files of captions in a folder are known whatever their form") {
  const DataFolder folder;
  CHECK(captions_files_in(folder / "absent").empty());
  folder.write("captions.txt", "image,caption\n");
  folder.write("dataset_a.json", "{}");
  folder.write("dataset_b.json", "{}");
  CHECK(captions_files_in(folder.path()) == std::vector<std::filesystem::path>{folder / "captions.txt",
                                                                               folder / "dataset_a.json",
                                                                               folder / "dataset_b.json"});
}
