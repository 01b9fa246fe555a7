#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/flickr8k.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::error_of;
using pupil::testing::TemporaryFolder;

namespace {

constexpr std::string_view three_captioned = "image,caption\nb.jpg,A cat\na.jpg,A dog\nc.jpg,A cow\n";

void write_images(const TemporaryFolder& folder, const std::string& images, const std::vector<std::string>& names) {
  for (const std::string& name : names) folder.write(images + "/" + name, "not looked into");
}

std::vector<std::string> names_in(const std::vector<Sample>& samples) {
  std::vector<std::string> names;
  for (const Sample& sample : samples) names.push_back(sample.image);
  return names;
}

using Names = std::vector<std::string>;

std::string flickr8k_error_of(const TemporaryFolder& folder) {
  return pupil::testing::error_of<FileError>([&] { read_flickr8k(folder.path()); });
}

/// The real photographs, where they are.
std::filesystem::path real_flickr8k() {
  const char* const shared = std::getenv("PUPIL_SHARED");
  return std::filesystem::path(shared == nullptr ? "../shared" : shared) / "flickr8k";
}

}  // namespace

TEST_CASE("the official lists decide the split, and each split is sorted by name") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"a.jpg", "b.jpg", "c.jpg"});
  folder.write("captions.txt", three_captioned);
  folder.write("Flickr_8k.trainImages.txt", "c.jpg\na.jpg\n");
  folder.write("Flickr_8k.devImages.txt", "b.jpg\n");
  const CaptionedImages data = read_flickr8k(folder.path());
  CHECK(data[Split::train] == std::vector<Sample>{{"a.jpg", {"A dog"}}, {"c.jpg", {"A cow"}}});
  CHECK(data[Split::dev] == std::vector<Sample>{{"b.jpg", {"A cat"}}});
  CHECK(data[Split::test].empty());
  CHECK(data.image_folder == folder / "Images");
  CHECK(data.warnings().empty());
}

TEST_CASE("both forms, wherever their files lie, give the same samples") {
  const TemporaryFolder kaggle;
  write_images(kaggle, "Images", {"a.jpg", "b.jpg"});
  kaggle.write("captions.txt",
               "image,caption\r\na.jpg,\"A dog , running .\"\r\nb.jpg,A cat\r\na.jpg,\"A \"\"dog\"\"\"\r\n");
  kaggle.write("Flickr8k_text/Flickr_8k.trainImages.txt", "a.jpg\n");
  kaggle.write("Flickr8k_text/Flickr_8k.testImages.txt", "b.jpg\n");
  const CaptionedImages expected = read_flickr8k(kaggle.path());
  REQUIRE(expected[Split::train] == std::vector<Sample>{{"a.jpg", {"A dog , running .", "A \"dog\""}}});

  for (const std::string text_folder : {"", "Flickr8k_text/"}) {
    for (const std::string images : {"Images", "Flicker8k_Dataset", "Flickr8k_Dataset"}) {
      CAPTURE(text_folder);
      CAPTURE(images);
      const TemporaryFolder official;
      write_images(official, images, {"a.jpg", "b.jpg"});
      official.write(text_folder + "Flickr8k.token.txt",
                     "a.jpg#0\tA dog , running . \na.jpg#1\tA \"dog\"\nb.jpg#0\tA cat\n");
      official.write(text_folder + "Flickr_8k.trainImages.txt", "a.jpg\n");
      official.write(text_folder + "Flickr_8k.testImages.txt", "b.jpg\n");
      CHECK(read_flickr8k(official.path()).samples == expected.samples);
    }
  }
}

TEST_CASE("without lists the split of a name depends on the name and the seed alone") {
  const TemporaryFolder few;
  write_images(few, "Images", {"a.jpg", "c.jpg"});
  few.write("captions.txt", "image,caption\na.jpg,A dog\nc.jpg,A cow\n");
  const TemporaryFolder more;
  write_images(more, "Images", {"a.jpg", "b.jpg", "c.jpg"});
  more.write("captions.txt", three_captioned);
  const CaptionedImages few_data = read_flickr8k(few.path(), 5), more_data = read_flickr8k(more.path(), 5);
  for (const Split split : all_splits) {
    Names names = names_in(more_data[split]);
    std::erase(names, "b.jpg");
    CHECK(names == names_in(few_data[split]));
  }
}

TEST_CASE("hashed splits are 80, 10 and 10 percent, and another seed gives others") {
  constexpr int images = 20000;
  std::array<int, 3> counts{};
  int moved = 0;
  for (int i = 0; i < images; ++i) {
    const std::string name = "scene_" + std::to_string(i) + ".jpg";
    ++counts[static_cast<std::size_t>(hashed_split(name, 1))];
    moved += hashed_split(name, 1) != hashed_split(name, 2) ? 1 : 0;
  }
  CHECK(counts[0] == doctest::Approx(.8 * images).epsilon(.02));
  CHECK(counts[1] == doctest::Approx(.1 * images).epsilon(.1));
  CHECK(counts[2] == doctest::Approx(.1 * images).epsilon(.1));
  CHECK(moved == doctest::Approx((1 - .8 * .8 - 2 * .1 * .1) * images).epsilon(.1));
}

TEST_CASE("images that are absent, uncaptioned or unlisted are skipped and counted") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"a.jpg", "silent.jpg", "unlisted.jpg"});
  folder.write("Flickr8k.token.txt",
               "a.jpg#0\tA dog\nunlisted.jpg#0\tA cat\nlost.jpg#0\tA cow\n2258277193_586949ec62.jpg.1#0\tpeople\n");
  folder.write("Flickr_8k.trainImages.txt", "a.jpg\nlost.jpg\nsilent.jpg\ngone.jpg\n");
  const CaptionedImages data = read_flickr8k(folder.path());
  CHECK(names_in(data[Split::train]) == Names{"a.jpg"});
  CHECK(data.listed_but_absent.count == 2);
  CHECK(data.listed_but_absent.first_names == Names{"gone.jpg", "lost.jpg"});
  CHECK(data.listed_but_uncaptioned.first_names == Names{"silent.jpg"});
  CHECK(data.captioned_but_absent.first_names == Names{"2258277193_586949ec62.jpg.1"});
  CHECK(data.captioned_but_unlisted.first_names == Names{"unlisted.jpg"});
  CHECK(data.warnings().size() == 4);
}

TEST_CASE("captioned images that are absent are counted without lists too") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"a.jpg"});
  folder.write("captions.txt", three_captioned);
  CHECK(read_flickr8k(folder.path()).captioned_but_absent.first_names == Names{"b.jpg", "c.jpg"});
}

TEST_CASE("a name that leads out of the image folder is an absent image") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"a.jpg"});
  folder.write("outside.jpg", "");
  folder.write("captions.txt", "image,caption\na.jpg,A dog\n../outside.jpg,A cat\n");
  CHECK(read_flickr8k(folder.path()).captioned_but_absent.first_names == Names{"../outside.jpg"});
}

TEST_CASE("a folder that is not there, or of neither form, is an error that names it") {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  CHECK(flickr8k_error_of(folder) == path +
                                         ": neither Kaggle's form of Flickr8k (captions.txt) nor the official one "
                                         "(Flickr8k.token.txt); it is empty");
  CHECK(pupil::testing::error_of<FileError>([&] { read_flickr8k(folder / "none"); }) == path + "/none: no such folder");
}

TEST_CASE("captions without a folder of images are an error") {
  const TemporaryFolder folder;
  folder.write("captions.txt", three_captioned);
  CHECK(
      flickr8k_error_of(folder) ==
      folder.path().string() +
          ": no folder of images: neither Images nor Flicker8k_Dataset nor Flickr8k_Dataset; it holds captions.txt (a "
          "data set of its own; name that folder)");
}

TEST_CASE("a broken row is an error that names the file in the folder and the line") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"a.jpg"});
  folder.write("captions.txt", "image,caption\na.jpg,A dog\nb.jpg\n");
  CHECK(flickr8k_error_of(folder) ==
        (folder / "captions.txt").string() + ": line 3: 1 field where image,caption has 2");
}

TEST_CASE("a folder in which no caption is left is an error") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"z.jpg"});
  folder.write("captions.txt", three_captioned);
  CHECK(flickr8k_error_of(folder) ==
        folder.path().string() +
            ": no caption is left: of 3 captioned images none is there and in a split; a.jpg, the first, is not in " +
            (folder / "Images").string() + ", which has 1 file (such as z.jpg)");
}

TEST_CASE("a captions file without a caption is an error that says so") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"a.jpg"});
  folder.write("captions.txt", "image,caption\n");
  CHECK(flickr8k_error_of(folder) == folder.path().string() + ": no image has a caption with a word");

  folder.write("captions.txt", "image,caption\na.jpg,...\na.jpg,\n");
  CHECK(flickr8k_error_of(folder) == folder.path().string() + ": no image has a caption with a word; " +
                                         (folder / "captions.txt").string() +
                                         ": skipped 2 captions without a word (line 2, a.jpg, ...)");
}

TEST_CASE("images are found by paths that lead to them, and each is one image") {
  for (const std::string written : {"a.jpg", "./a.jpg", "Images/a.jpg", "images/a.jpg", "../Images/a.jpg",
                                    "Images\\a.jpg", "/home/me/flickr8k/Images/a.jpg", "C:\\flickr8k\\Images\\a.jpg"}) {
    CAPTURE(written);
    const TemporaryFolder folder;
    write_images(folder, "Images", {"a.jpg", "b.jpg"});
    folder.write("captions.txt", "image,caption\n" + written + ",A dog\na.jpg,Two dogs\nb.jpg,A cat\n");
    folder.write("Flickr_8k.trainImages.txt", "b.jpg\n" + written + "\n");
    const CaptionedImages data = read_flickr8k(folder.path());
    REQUIRE(names_in(data[Split::train]) == Names{"a.jpg", "b.jpg"});
    CHECK(data[Split::train][0].captions.size() == 2);
    CHECK(data.warnings().empty());
  }
}

TEST_CASE("images may lie in folders below, and the same name in two folders is two images") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"train/a.jpg", "val/a.jpg"});
  folder.write("captions.txt", "image,caption\ntrain/a.jpg,A dog\nval\\a.jpg,A cat\na.jpg,A cow\n");
  const CaptionedImages data = read_flickr8k(folder.path());
  Names all;
  for (const Split split : all_splits) {
    for (const std::string& name : names_in(data[split])) all.push_back(name);
  }
  std::ranges::sort(all);
  CHECK(all == Names{"train/a.jpg", "val/a.jpg"});
  CHECK(data.captioned_but_absent.first_names == Names{"a.jpg"});
}

TEST_CASE("a folder of images in another case, or within its like, is found") {
  for (const std::string images : {"images", "IMAGES", "Images/Images", "Flickr8k_Dataset/Flicker8k_Dataset"}) {
    CAPTURE(images);
    const TemporaryFolder folder;
    write_images(folder, images, {"a.jpg", "b.jpg", "c.jpg"});
    folder.write("captions.txt", three_captioned);
    const CaptionedImages data = read_flickr8k(folder.path());
    CHECK(data.warnings().empty());
    CHECK(data.image_folder == folder / images);
  }
}

TEST_CASE("names with accents are found in both forms of Unicode, and names of other bytes as they are") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"cafe\u0301.jpg", "\u00FCber.jpg", "M\xE4n.jpg", "sub/o\u0302\u0323.jpg"});
  folder.write("captions.txt",
               "image,caption\ncaf\u00E9.jpg,A dog\nu\u0308ber.jpg,A cat\nM\xE4n.jpg,A man\nsub/\u1ED9.jpg,A cow\n");
  folder.write("Flickr_8k.trainImages.txt", "caf\u00E9.jpg\n\u00FCber.jpg\nM\xE4n.jpg\nsub/o\u0323\u0302.jpg\n");
  const CaptionedImages data = read_flickr8k(folder.path());
  CHECK(data.warnings().empty());
  CHECK(names_in(data[Split::train]) ==
        Names{"M\xE4n.jpg", "cafe\u0301.jpg", "sub/o\u0302\u0323.jpg", "\u00FCber.jpg"});
}

TEST_CASE("a byte order mark is no part of the first name in any of the files") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"a.jpg", "b.jpg"});
  folder.write("Flickr8k.token.txt", "\uFEFFa.jpg#0\tA dog\r\nb.jpg#0\tA cat\r\n");
  folder.write("Flickr_8k.trainImages.txt", "\uFEFFa.jpg\r\n");
  folder.write("Flickr_8k.devImages.txt", "\uFEFFb.jpg");
  const CaptionedImages data = read_flickr8k(folder.path());
  CHECK(data.warnings().empty());
  CHECK(names_in(data[Split::train]) == Names{"a.jpg"});
  CHECK(names_in(data[Split::dev]) == Names{"b.jpg"});
}

TEST_CASE("one image in two lists under two names is an error") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"a.jpg"});
  folder.write("captions.txt", "image,caption\na.jpg,A dog\n");
  folder.write("Flickr_8k.trainImages.txt", "a.jpg\n");
  folder.write("Flickr_8k.testImages.txt", "./a.jpg\n");
  CHECK(flickr8k_error_of(folder).starts_with(folder.path().string() + ": "));
  CHECK(pupil::testing::contains(flickr8k_error_of(folder), "list under another name"));
}

TEST_CASE("a name that is missing is said with what it may have meant, and what cannot be seen in it") {
  const TemporaryFolder folder;
  write_images(folder, "Images", {"a.jpg", "b.jpg"});
  folder.write("captions.txt", "image,caption\na.JPG,A dog\nb,A cat\n\u200Bb.jpg,A cow\n");
  CHECK(flickr8k_error_of(folder) ==
        folder.path().string() +
            ": no caption is left: of 3 captioned images none is there and in a split; a.JPG, the first, is not in " +
            (folder / "Images").string() + ", which has 2 files, a.jpg among them");
  folder.write("captions.txt", "image,caption\na.jpg,A dog\nb,A cat\n\u200Bb.jpg,A cow\n");
  const std::string path = folder.path().string();
  CHECK(read_flickr8k(folder.path()).warnings() ==
        Names{path + "/Images: b is not there, but b.jpg is",
              path + ": skipped 2 images with captions but absent (b, \\u{200B}b.jpg)"});
}

TEST_CASE("a folder of another form is told by what it holds") {
  const auto hint = [](const std::string& file) {
    const TemporaryFolder folder;
    write_images(folder, "pictures", {"a.jpg"});
    folder.write(file, "...");
    const std::string error = flickr8k_error_of(folder);
    return error.substr(error.rfind(';'));
  };
  CHECK(hint("dataset_flickr8k.json") == "; it holds dataset_flickr8k.json (Karpathy's JSON)");
  CHECK(hint("annotations/captions_train2017.json") == "; it holds annotations/captions_train2017.json (COCO's JSON)");
  CHECK(hint("results.csv") == "; it holds results.csv (Flickr30k's form)");
  CHECK(hint("results_20130124.token") == "; it holds results_20130124.token (Flickr30k's form)");
  CHECK(hint("train/metadata.csv") == "; it holds train/metadata.csv (Hugging Face's image folder)");
  CHECK(hint("flickr8kzhc.caption.txt") == "; it holds flickr8kzhc.caption.txt (Flickr8k-CN's form)");
  CHECK(hint("captions.csv") == "; it holds captions.csv (perhaps captions.txt under another name)");
  CHECK(hint("flickr8k/captions.txt").ends_with("; name that folder)"));
  CHECK(hint("pictures/a.txt") == "; it holds pictures/");
  CHECK(hint("notes.md") == "; it holds notes.md, pictures/");
  const TemporaryFolder beside;
  write_images(beside, ".", {"a.jpg", "a.txt"});
  CHECK(flickr8k_error_of(beside).ends_with("; it holds a text file beside each image"));
  CHECK(pupil::testing::error_of<FileError>([&] { read_flickr8k(beside / "a.txt"); }) ==
        beside.path().string() + "/a.txt: is a file; the folder that it lies in is wanted");
}

TEST_CASE("both forms of the real Flickr8k give the same samples") {
  const std::filesystem::path real = real_flickr8k();
  if (!std::filesystem::exists(real)) {
    MESSAGE("skipped: " << real.string() << " is not there (PUPIL_SHARED can say where)");
    return;
  }
  const auto link = [&](const TemporaryFolder& folder, const std::string& name) {
    std::filesystem::create_symlink(std::filesystem::absolute(real / name), folder / name);
  };
  const TemporaryFolder official;
  link(official, "Images");
  link(official, "Flickr8k_text");
  const TemporaryFolder kaggle;
  link(kaggle, "Images");
  link(kaggle, "captions.txt");
  for (const char* const list : {"Flickr_8k.trainImages.txt", "Flickr_8k.devImages.txt"}) {
    std::filesystem::copy_file(real / "Flickr8k_text" / list, kaggle / list);
  }
  const CaptionedImages data = read_flickr8k(official.path());
  CHECK(data[Split::train].size() == 6000);
  CHECK(data[Split::dev].size() == 1000);
  CHECK(data.warnings().empty());
  CHECK(read_flickr8k(kaggle.path()).samples == data.samples);
  CHECK(read_flickr8k(real).samples == data.samples);
}
