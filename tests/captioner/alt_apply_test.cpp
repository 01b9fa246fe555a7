#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

const std::string list_header = "file,line,image,alt,confidence,approved\n";

/// A folder of one page, and lists that are applied to it; no image has to be there for that.
struct AppliedPage {
  TemporaryFolder holder;
  fs::path site = holder / "site";
  std::string name;

  AppliedPage(std::string page_name, std::string_view text) : name(std::move(page_name)) {
    fs::create_directories(site);
    put_file(site / name, text);
  }

  Finished apply(const std::string& list, rlim_t largest_file = 0) const {
    put_file(holder / "list.csv", list);
    return run_program({"alt", site.string(), "--apply", (holder / "list.csv").string()}, largest_file);
  }

  std::string text() const { return file_text(site / name); }
};

/// What a page becomes by one approved text, which is the rest of a row's CSV behind the image.
std::string page_with_alt(const std::string& name, std::string_view text, const std::string& alt) {
  const AppliedPage page(name, text);
  const Finished finished = page.apply(list_header + name + ",1,a.jpg," + alt + ",,yes\n");
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  return page.text();
}

}  // namespace

TEST_CASE("alt --apply escapes what a quote, an ampersand or a bracket would break") {
  if (!has_program()) return;
  const std::string said = "\"A \"\"dog\"\" & a <b> *c* [d] | `e` \\\"";
  CHECK(page_with_alt("p.html", "<img src=a.jpg>", said) ==
        "<img alt=\"A &quot;dog&quot; &amp; a &lt;b&gt; *c* [d] | `e` \\\" src=a.jpg>");
  CHECK(page_with_alt("p.md", "![](a.jpg)", said) ==
        "![A \"dog\" \\& a &lt;b&gt; \\*c\\* \\[d\\] \\| &#96;e&#96; \\\\](a.jpg)");
  CHECK(page_with_alt("p.md", "x <img src=a.jpg>", said) ==
        "x <img alt=\"A &quot;dog&quot; &amp; a &lt;b&gt; *c* [d] &#124; &#96;e&#96; \\\" src=a.jpg>");
}

TEST_CASE("alt --apply writes letters beyond ASCII as they are in UTF-8, and as numbers where that is not sure") {
  if (!has_program()) return;
  const std::string cafe = "A caf\xC3\xA9.";
  CHECK(page_with_alt("p.html", "\xC3\xBC<img src=a.jpg>", cafe) == "\xC3\xBC<img alt=\"A caf\xC3\xA9.\" src=a.jpg>");
  CHECK(page_with_alt("p.html", "\xFC<img src=a.jpg>\xE9", cafe) == "\xFC<img alt=\"A caf&#233;.\" src=a.jpg>\xE9");
  CHECK(page_with_alt("p.html", "<img src=a.jpg>", cafe) == "<img alt=\"A caf&#233;.\" src=a.jpg>");
  const std::string meta = "<meta charset=UTF-8>";
  CHECK(page_with_alt("p.html", meta + "<img src=a.jpg>", cafe) == meta + "<img alt=\"A caf\xC3\xA9.\" src=a.jpg>");
  CHECK(page_with_alt("p.md", "![](a.jpg)", cafe) == "![A caf\xC3\xA9.](a.jpg)");
  CHECK(page_with_alt("p.md", "\xFC ![](a.jpg)", cafe) == "\xFC ![A caf&#233;.](a.jpg)");
}

TEST_CASE("alt --apply keeps every other byte of random pages") {
  if (!has_program()) return;
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto below = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  // Between images: what parsers normalise, and what is no image.
  const std::vector<std::string> others{"\r\n",
                                        "\n",
                                        "<p CLASS = 'x'>",
                                        "&nbsp;&amp &copy",
                                        "<!-- <img src=a.jpg> -->",
                                        "\xC3\xA9",
                                        "\xE9",
                                        "</p></div>",
                                        "<script>x = '<img src=a.jpg>'</script>",
                                        "<table><tr><td>",
                                        "  \t",
                                        "<b><i></b>",
                                        "<img src=a.jpg alt=\"\">",
                                        "<img alt=b src=a.jpg>",
                                        "text > text",
                                        "<a href=x?a=1&b=2>",
                                        "</table>"};
  const std::vector<std::string> images{"<img| src=a.jpg>", "<IMG|\tSRC = \"a.jpg\">", "<img|/src='a.jpg'/>",
                                        "<Img|\nclass=x src=a.jpg >", "<img| src=a.jpg title=\"a > b\">"};
  const AppliedPage page("p.html", "");
  for (int trial = 0; trial < 40; ++trial) {
    std::string before = below(2) == 0 ? "\xEF\xBB\xBF" : "";
    std::string expected = before;
    std::string list = list_header;
    for (std::size_t pieces = 1 + below(12); pieces > 0; --pieces) {
      const std::string& other = others[below(others.size())];
      const std::string& image = images[below(images.size())];
      const std::size_t place = image.find('|');
      const bool approved = below(3) > 0;
      const std::string text = "T" + std::to_string(pieces) + ".";
      before += other;
      list +=
          "p.html," + std::to_string(line_count(before) + 1) + ",a.jpg," + text + ",," + (approved ? "x" : "") + "\n";
      before += image.substr(0, place) + image.substr(place + 1) + "\n";
      expected +=
          other + image.substr(0, place) + (approved ? " alt=\"" + text + '"' : "") + image.substr(place + 1) + "\n";
    }
    CAPTURE(before);
    CAPTURE(list);
    put_file(page.site / "p.html", before);
    const Finished finished = page.apply(list);
    CAPTURE(finished.err);
    REQUIRE(finished.status == 0);
    REQUIRE((page.text() == expected));
  }
}

TEST_CASE("alt --apply keeps every other byte of random Markdown") {
  if (!has_program()) return;
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto below = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  // Blocks of which the places of alt texts are marked by #, in Markdown, or @, in a tag.
  const std::vector<std::string> blocks{
      "![#](a.jpg)",
      "# *![#](<a.jpg> 'title')*",
      "> quoted ![no](a.jpg)\n> ![#][ref]\nlazy ![#](a.jpg)",
      "1. > - a\n   >   ![#](a.jpg)",
      "    ![](a.jpg)\n\n\t<img src=a.jpg>",
      "~~~ html\n<img src=a.jpg>\n![](a.jpg)\n~~~",
      "`` ![](a.jpg) ` `` ![#](a.jpg) \\![](a.jpg) !\\[](a.jpg)",
      "<div>\n<img@ src=a.jpg> ![](a.jpg)\n</div>",
      "caf\xC3\xA9 <!-- ![](a.jpg) <img src=a.jpg> --> <IMG@\tSRC='a.jpg'/> ![][unknown] ![]",
      "| [![#](a.jpg)](b) | <span title='![](a.jpg)'>![#]( a.jpg )</span> |\n|---|---|",
      "&amp; &copy; <b title=\"<img src=a.jpg>\">x</b>  \n![#](a.jpg)  ",
      "Title ![#](a.jpg)\n==="};
  const AppliedPage page("p.md", "");
  for (int trial = 0; trial < 40; ++trial) {
    const std::string line_end = below(2) == 0 ? "\n" : "\r\n";
    std::string before = below(2) == 0 ? "---\na: ![](a.jpg)\n---\n" : "";
    std::string expected = before;
    std::string list = list_header;
    for (std::size_t count = 1 + below(8); count > 0; --count) {
      for (const char c : blocks[below(blocks.size())] + "\n\n") {
        if (c != '#' && c != '@') {
          before += c == '\n' ? line_end : std::string(1, c);
          expected += c == '\n' ? line_end : std::string(1, c);
        } else if (c == '#' && (before.empty() || before.ends_with('\n'))) {
          before += c, expected += c;  // of a heading
        } else {
          const bool approved = below(3) > 0;
          list +=
              "p.md," + std::to_string(line_count(before) + 1) + ",a.jpg,A _dog_.,," + (approved ? "yes" : "") + "\n";
          if (approved) expected += c == '#' ? "A \\_dog\\_." : " alt=\"A _dog_.\"";
        }
      }
    }
    const std::string end = "[ref]: a.jpg \"![](a.jpg)\"";
    put_file(page.site / "p.md", before + end);
    CAPTURE(before);
    CAPTURE(list);
    const Finished finished = page.apply(list);
    CAPTURE(finished.err);
    REQUIRE(finished.status == 0);
    REQUIRE((page.text() == expected + end));
  }
}

TEST_CASE("alt --apply refuses images that are no longer there without alt text, and does the rest") {
  if (!has_program()) return;
  const AppliedPage page("p.html", "<img src=a.jpg>\n<img src=b.jpg alt=''>\n");
  const Finished finished = page.apply(list_header +
                                       "p.html,1,a.jpg,A.,,yes\np.html,2,b.jpg,B.,,yes\np.html,3,c.jpg,C.,,yes\n"
                                       "p.html,9,a.jpg,D.,,no\n");
  CHECK(finished.status == 1);
  CHECK(finished.out == "1 alt text written into 1 page\n");
  CHECK(line_count(finished.err) == 2);
  CHECK(contains(finished.err, "line 3: p.html has no b.jpg without alt text on line 2"));
  CHECK(contains(finished.err, "line 4: p.html has no c.jpg without alt text on line 3"));
  CHECK(page.text() == "<img alt=\"A.\" src=a.jpg>\n<img src=b.jpg alt=''>\n");
}

TEST_CASE("alt --apply tells images of one picture on one line apart") {
  if (!has_program()) return;
  const AppliedPage page("p.html", "<img src=a.jpg><img src=a.jpg><img src=a.jpg>");
  const Finished finished =
      page.apply(list_header + "p.html,1,a.jpg,A.,,no\np.html,1,a.jpg,B.,,yes\np.html,1,a.jpg,C.,,\n");
  CHECK(finished.status == 0);
  CHECK(page.text() == "<img src=a.jpg><img alt=\"B.\" src=a.jpg><img src=a.jpg>");
}

TEST_CASE("alt --apply does not write through links out of the site") {
  if (!has_program()) return;
  const AppliedPage page("p.html", "<img src=a.jpg>");
  put_file(page.holder / "out.html", "<img src=a.jpg>");
  fs::create_symlink(page.holder / "out.html", page.site / "link.html");
  check_refused(page.apply(list_header + "link.html,1,a.jpg,A.,,yes\n"), {"line 2", "link.html"});
  CHECK(file_text(page.holder / "out.html") == "<img src=a.jpg>");
}

TEST_CASE("alt --apply of a list that is not right writes nothing, and says what is wrong") {
  if (!has_program()) return;
  const std::string before = "<img src=a.jpg>";
  const std::string good = list_header + "p.html,1,a.jpg,A.,,yes\n";
  const AppliedPage page("p.html", before);
  put_file(page.holder / "out.html", before);
  check_refused(page.apply("image,caption\na.jpg,A dog.\n"), {"'file'", "image, caption"});
  check_refused(page.apply(""), {"list.csv", "empty"});
  check_refused(page.apply(good + "p.html,1,a.jpg, ,,yes\n"), {"line 3", "a.jpg", "empty"});
  check_refused(page.apply(good + "p.html,1,a.jpg,A.,,perhaps\n"), {"line 3", "perhaps"});
  check_refused(page.apply(good + "p.html,one,a.jpg,A.,,yes\n"), {"line 3", "'one'"});
  check_refused(page.apply(good + "p.html,1,a.jpg,A.\n"), {"line 3", "4 fields"});
  check_refused(page.apply(good + "../out.html,1,a.jpg,A.,,yes\n"), {"line 3", "../out.html"});
  check_refused(page.apply(good + (page.site / "p.html").string() + ",1,a.jpg,A.,,yes\n"), {"line 3", "p.html"});
  check_refused(page.apply(good + "absent.html,1,a.jpg,A.,,yes\n"), {"line 3", "absent.html"});
  check_refused(run_program({"alt", page.site.string(), "--apply", "absent.csv"}), {"absent.csv"});
  check_refused(run_program({"alt", page.site.string(), "--apply", ""}), {"--apply"});
  check_refused(run_program({"alt", page.site.string(), "--out", (page.site / "p.html").string()}),
                {"--out", "p.html"});
  CHECK(page.text() == before);
  CHECK(file_text(page.holder / "out.html") == before);
}

TEST_CASE("alt refuses what is no site") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  put_file(folder / "a.txt", "");
  check_refused(run_program({"alt", (folder / "absent").string()}), {"absent: no such"});
  check_refused(run_program({"alt", (folder / "a.txt").string()}), {"a.txt: is no page", ".html"});
  check_refused(run_program({"alt", (folder / "").string()}), {"no page in it"});
  check_refused(run_program({"alt", ""}), {"\"\""});
}

TEST_CASE("a page that cannot be written stays whole, and alt --apply names it") {
  if (!has_program()) return;
  const std::string before = "<img src=a.jpg>" + std::string(5000, 'x');
  const AppliedPage page("p.html", before);
  const Finished finished = page.apply(list_header + "p.html,1,a.jpg,A.,,yes\n", 4096);
  CHECK(finished.status == 1);
  CHECK(contains(finished.err, "p.html"));
  CHECK(contains(finished.out, "0 alt texts"));
  CHECK((page.text() == before));
}
