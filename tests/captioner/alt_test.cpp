#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "alt_site.hpp"
#include "program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

TEST_CASE("alt proposes the caption of each image without alt text, as a sentence, and leaves decisions alone") {
  if (!has_program()) return;
  const AltSite site;
  site.put("index.html",
           "<h1>A</h1>\n<IMG SRC=a.jpg>\n<img src='b.jpg' alt=''>\n<img src=b.jpg alt>\n<img src=b.jpg alt='b'>\n"
           "<img src=b.jpg role=presentation>\n<img src=b.jpg role=none>\n<img src=b.jpg aria-hidden=true>\n"
           "<img src=b.jpg aria-label='b'>\n<div aria-hidden=true><p><img src=b.jpg></div>\n"
           "<a href=b.jpg><img src=\"b.jpg\"></a>\n");
  const Finished finished = site.propose();
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  const auto lines = lines_of(finished.out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "file,line,image,alt,confidence,approved");
  CHECK(lines[1].starts_with("index.html,2,a.jpg,"));
  CHECK(contains(lines[1], site.sentence("a.jpg")));
  CHECK(lines[2].starts_with("index.html,11,b.jpg,"));
  CHECK(contains(lines[2], site.sentence("b.jpg")));
}

TEST_CASE("alt finds what browsers show: no comments, scripts, styles or templates, but lazy images and pictures") {
  if (!has_program()) return;
  const AltSite site;
  site.put("index.html",
           "<!-- <img src=a.jpg> -->\n<script>'<img src=a.jpg>'</script>\n<style>/* <img src=a.jpg> */</style>\n"
           "<template><img src=a.jpg></template>\n<textarea><img src=a.jpg></textarea>\n<p title='<img src=a.jpg>'>\n"
           "<img src='data:image/gif;base64,R0' data-src='a.jpg?width=9#top'>\n"
           "<picture><source srcset='b.jpg 1x, c.jpg 2x'><img></picture>\n<noscript><img src=a.jpg></noscript>\n"
           "<img srcset=' a.jpg 200w, b.jpg 400w'>\n<table><img src=b.jpg><tr><td><img src=a.jpg></table>\n");
  CHECK(site.proposed() == std::vector<std::string>{"index.html,7,a.jpg?width=9#top", "index.html,8,b.jpg",
                                                    "index.html,9,a.jpg", "index.html,10,a.jpg", "index.html,11,b.jpg",
                                                    "index.html,11,a.jpg"});
}

TEST_CASE("alt finds what Markdown shows: no code and no front matter, but references, quotes, lists and HTML") {
  if (!has_program()) return;
  const AltSite site;
  site.put("page.md",
           "---\nteaser: ![](a.jpg)\n---\n![](a.jpg \"title\")\n\n![][pic] and ![said](b.jpg) and `![](a.jpg)`\n\n"
           "    ![](a.jpg)\n\n```\n![](a.jpg)\n<img src=a.jpg>\n```\n\n> quoted\n> 1. ![ ](<b.jpg>)\n\n"
           "\\![](a.jpg) <!-- ![](a.jpg) --> [![](b.jpg)](a.jpg) ![](absent\n\n<p>\n<img src=\"a.jpg\"></p>\n\n"
           "text <IMG src=b.jpg> <img alt='' src=b.jpg>\n\n[pic]: a.jpg\n");
  CHECK(site.proposed() == std::vector<std::string>{"page.md,4,a.jpg", "page.md,6,a.jpg", "page.md,16,b.jpg",
                                                    "page.md,18,b.jpg", "page.md,21,a.jpg", "page.md,23,b.jpg"});
}

TEST_CASE("alt finds images by every way to write their address, and captions a file once") {
  if (!has_program()) return;
  const AltSite site;
  fs::create_directories(site.folder / "deep" / "er");
  fs::create_directories(site.folder / "photos");
  fs::copy_file(site.folder / "a.jpg", site.folder / "photos" / "of a \xC3\xA9.jpg");
  site.put("deep/er/page.html",
           "<img src=/a.jpg><img src=../../b.jpg><img src='../../photos/of%20a%20%C3%A9.jpg'><img src=' /a.jpg '>"
           "<img src='/photos/of a &eacute;.jpg'><img src=../.././a.jpg>");
  site.put("deep/page.md", "![](<../photos/of a \xC3\xA9.jpg>) ![](/photos/of%20a%20%C3%A9.jpg)");
  site.put("deep/based.htm", "<base href='../photos/index.html'><img src='of%20a%20%C3%A9.jpg'><img src=../b.jpg>");
  const Finished finished = site.propose();
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  CHECK(line_count(finished.out) == 1 + 6 + 2 + 2);
}

TEST_CASE("alt says once what it does not look at, and each image that is not there") {
  if (!has_program()) return;
  const AltSite site;
  site.put(
      "index.html",
      "<img src=http://a.b/c.jpg><img src=//a.b/c.jpg><img src=HTTPS://a.b/c.jpg><img src=data:image/png;base64,AA>"
      "<img src=logo.svg?v=2><img>\n<img src=a.jpg><img src=absent.jpg><img src=../out.jpg><img src=broken.jpg>");
  site.put("broken.jpg", "no picture");
  const Finished finished = site.propose();
  CAPTURE(finished.err);
  CHECK(finished.status == 1);
  CHECK(line_count(finished.out) == 2);
  CHECK(line_count(finished.err) == 4);
  for (const char* const part : {"3 on the web", "1 in the page", "1 SVG", "1 without an address",
                                 "absent.jpg: no such", "line 2: ../out.jpg is outside", "broken.jpg"}) {
    CAPTURE(part);
    CHECK(contains(finished.err, part));
  }
}

TEST_CASE("alt lists a site without images without a captioner") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  put_file(folder / "index.html", "");
  const Finished finished = run_program({"alt", (folder / "").string(), "--run", (folder / "absent").string()});
  CHECK(finished.status == 0);
  CHECK(finished.out == "file,line,image,alt,confidence,approved\n");
}

TEST_CASE("alt --apply writes what alt proposed and somebody approved, and a second look finds nothing") {
  if (!has_program()) return;
  const AltSite site;
  const std::string html = "\xEF\xBB\xBF<p>\r\n<IMG SRC=a.jpg>\r\n<img src=b.jpg />";
  site.put("index.html", html);
  site.put("page.md", "- ![](a.jpg)\n");
  const std::string list = (site.folder / "list.csv").string();
  const Finished listed = site.propose({"--out", list});
  CHECK(listed.status == 0);
  CHECK(contains(listed.out, "3 proposals"));
  std::string approved;
  for (const std::string& line : lines_of(file_text(list))) {
    approved += line + (line.starts_with("file,") ? "\n" : "yes\n");
  }
  put_file(list, approved);
  ::chmod((site.folder / "page.md").c_str(), 0640);
  const Finished applied = site.apply(list);
  CAPTURE(applied.err);
  REQUIRE(applied.status == 0);
  CHECK(contains(applied.out, "alt texts written into 2 pages"));
  CHECK(file_text(site.folder / "page.md") == "- ![" + site.sentence("a.jpg") + "](a.jpg)\n");
  CHECK(contains(file_text(site.folder / "index.html"),
                 "<p>\r\n<IMG alt=\"" + site.sentence("a.jpg") + "\" SRC=a.jpg>\r\n"));
  struct stat after {};
  REQUIRE(::stat((site.folder / "page.md").c_str(), &after) == 0);
  CHECK((after.st_mode & 0777) == 0640);
  CHECK(site.proposed().empty());
}
