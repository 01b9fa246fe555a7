// Folders and lists of images.

#include <filesystem>
#include <string>

#include <unistd.h>

#include "many_images.hpp"
#include "streams.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// The program with this text as standard input.
Finished with_list(std::string_view list, const Arguments& arguments) {
  const TemporaryFolder folder;
  put_file(folder / "list", list);
  return run_script("exec \"$0\" \"$@\" < '" + (folder / "list").string() + "'", arguments);
}

}  // namespace

TEST_CASE("the images in a folder are captioned in the order of their names, and those in its folders by --recursive") {
  if (!has_program()) return;
  const Album album;
  const std::string folder = album.images.string();
  const auto in = [&](const std::vector<std::string>& names) {
    Arguments paths;
    for (const std::string& name : names) paths.push_back((album.images / name).string());
    return paths;
  };
  const Finished flat = run_program(caption_command({folder}));
  CHECK(flat.status == 0);
  CHECK(flat.err.empty());
  CHECK(paths_of(flat.out) == in({"a.jpeg", "b.jpg", "c.JPG"}));

  const Finished deep = run_program(caption_command({"--recursive", folder}));
  CHECK(deep.status == 0);
  const Arguments all = in({"a.jpeg", "b/deeper/y.jpg", "b/z.jpg", "b.jpg", "c.JPG"});
  CHECK(paths_of(deep.out) == all);
  CHECK(run_program(caption_command(all)).out == deep.out);
}

TEST_CASE("files and folders are captioned in the order given") {
  if (!has_program()) return;
  const Album album;
  const std::string first = trained().image(9), last = trained().image(8);
  const auto paths = paths_of(run_program(caption_command({first, (album.images / "b").string(), last})).out);
  CHECK(paths == Arguments{first, (album.images / "b" / "z.jpg").string(), last});
}

TEST_CASE("a list on standard input has a name a line, of Windows or not, or NULs behind the names") {
  if (!has_program()) return;
  const std::string a = trained().image(0), b = trained().image(1);
  const std::string expected = run_program(caption_command({a, b})).out;
  const std::string nul(1, '\0');
  for (const std::string& list : {a + "\n" + b + "\n", a + "\n\n" + b, "\xEF\xBB\xBF" + a + "\r\n" + b + "\r\n",
                                  a + nul + b + nul, a + nul + b}) {
    CAPTURE(list);
    const Finished finished = with_list(list, caption_command({"-"}));
    CHECK(finished.status == 0);
    CHECK(finished.err.empty());
    CHECK(finished.out == expected);
  }
  CHECK(with_list(a + nul + b + nul, caption_command({"--null", "-"})).out == expected);
  const Finished piped = run_script("printf '%s\\n' '" + a + "' '" + b + "' | \"$0\" \"$@\"", caption_command({"-"}));
  CHECK(piped.out == expected);
}

TEST_CASE("names with line ends come from NUL-separated lists, and names that are not UTF-8 from any") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string odd = (folder / "two\nlines.jpg").string(), latin = (folder / "caf\xE9.jpg").string();
  put_scene(odd, 0);
  put_scene(latin, 0);
  const Finished finished = with_list(odd + '\0' + latin + '\0', caption_command({"-0", "-"}));
  CHECK(finished.status == 0);
  CHECK(paths_of(finished.out) == Arguments{(folder / "two\\nlines.jpg").string(), latin});
  CHECK(run_program(caption_command({folder.path().string()})).status == 0);
}

TEST_CASE("a list that is longer than a block of it is read to its end") {
  if (!has_program()) return;
  std::string list;
  for (int i = 0; i < 700; ++i) list += trained().image(i % 60) + "\n";
  REQUIRE(list.size() > 16384);
  const Finished whole = with_list(list, caption_command({"-"}));
  CHECK(line_count(whole.out) == 700);
  const Finished slow =
      run_script("(head -c 10000; sleep 0.1; cat) < <(printf '%s' \"${@: -1}\") | \"$0\" \"${@:1:$#-1}\"",
                 caption_command({"-", list}));
  CHECK(slow.out == whole.out);
}

TEST_CASE("a list may be read once only, and must have a name") {
  if (!has_program()) return;
  check_refused(with_list("a\n", caption_command({"-", "-"})), {"-: is given 2 times"});
  check_refused(with_list("\n\n", caption_command({"-"})), {"-: there is no name on standard input"});
  check_refused(run_program(caption_command({"--null", trained().image(0)})), {"--null", "no -"});
}

TEST_CASE("a folder without an image, or that cannot be read, is refused before work") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path empty = folder / "empty";
  fs::create_directories(empty / "inner");
  put_file(empty / "notes.txt", "");
  put_scene(folder / "good.jpg", 0);
  const Arguments command = caption_command({(folder / "good.jpg").string(), empty.string()});
  check_refused(run_program(command), {empty.string() + ": there is no image in this folder", "--recursive"});
  const Finished deep = run_program(command + Arguments{"--recursive"});
  check_refused(deep, {empty.string() + ": there is no image in this folder"});
  CHECK_FALSE(contains(deep.err, "--recursive"));
  if (::geteuid() == 0) return;  // who may read everything
  fs::permissions(empty, fs::perms::none);
  check_refused(run_program(command), {empty.string() + ": cannot read"});
  fs::permissions(empty, fs::perms::owner_all);
}

TEST_CASE("links to folders are not followed, which is said; a loop of links is a file that cannot be opened") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path album = folder / "album";
  put_scene(album / "a.jpg", 0);
  put_scene(folder / "elsewhere" / "b.jpg", 1);
  fs::create_directory_symlink(album, album / "itself");
  fs::create_symlink("linked.jpg", album / "c.jpg");
  fs::create_symlink(album / "c.jpg", album / "linked.jpg");
  fs::create_symlink(folder / "elsewhere" / "b.jpg", album / "d.jpg");
  const Finished finished = run_program(caption_command({"--recursive", album.string()}));
  CHECK(finished.status == 1);
  CHECK(paths_of(finished.out) == Arguments{(album / "a.jpg").string(), (album / "d.jpg").string()});
  CHECK(line_count(finished.err) == 3);
  CHECK(contains(finished.err, (album / "itself").string() + ": is a link to a folder, which is not followed"));
  CHECK(contains(finished.err, (album / "c.jpg").string() + ": cannot open: Too many levels of symbolic links"));

  fs::create_directory_symlink(album, folder / "named");
  CHECK(line_count(run_program(caption_command({(folder / "named").string()})).out) == 2);
}

TEST_CASE("a fault in a folder is one line, and the others are captioned") {
  if (!has_program()) return;
  const Album album;
  put_file(album.images / "bad.jpg", "no picture");
  const Finished finished = run_program(caption_command({album.images.string()}));
  CHECK(finished.status == 1);
  CHECK(line_count(finished.err) == 1);
  CHECK(contains(finished.err, (album.images / "bad.jpg").string() + ": "));
  CHECK(line_count(finished.out) == 3);
}

TEST_CASE("on a terminal, captions that go elsewhere show progress with the time that is left") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string out = (folder / "captions.txt").string();
  Arguments images;
  for (int i = 0; i < 60; ++i) images.push_back(trained().image(i));
  OnTerminal program(caption_command(Arguments{"--out", out} + images), 200);
  const auto updates = updates_of(program.read_all());
  CHECK(program.finish() == 0);
  REQUIRE_FALSE(updates.empty());
  CHECK(updates.front().starts_with("captioned "));
  CHECK(contains(updates.front(), " of 60, "));
  CHECK(contains(updates.front(), " images/s, "));
  CHECK(contains(updates.front(), " left"));
}
