// captioner report: what is on its page, on tiny scenes.

#include <filesystem>
#include <string>
#include <vector>

#include <pupil/data/flickr8k.hpp>
#include <pupil/metrics/calibration.hpp>

#include "../../examples/captioner/report/calibration_plot.hpp"
#include "../../examples/captioner/report/html.hpp"
#include "program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

Arguments report_of(const fs::path& run, const fs::path& data, const fs::path& out) {
  return {"report",    "--run", run.string(), "--data", data.string(), "--out", out.string(),
          "--threads", "1",     "--examples", "2",      "--split",     "test"};
}

/// The page of the run that all tests look at.
std::string report_page() {
  const TemporaryFolder folder;
  const Finished finished = run_program(report_of(trained().run, trained().data, folder / "report.html"));
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  CHECK(finished.out == (folder / "report.html").string() + "\n");
  return file_text(folder / "report.html");
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

/// What stands between two texts, from the first place where the first of them is.
std::string between(const std::string& text, const std::string& before, const std::string& behind) {
  const std::size_t first = text.find(before);
  REQUIRE(first != text.npos);
  const std::size_t begin = first + before.size();
  return text.substr(begin, text.find(behind, begin) - begin);
}

/// The names of the photographs of a group, in the order of the page.
std::vector<std::string> photographs(const std::string& page, const std::string& group) {
  std::vector<std::string> names;
  for (std::size_t at = page.find("<li class=\"card\""); at != page.npos;
       at = page.find("<li class=\"card\"", at + 1)) {
    const std::string card = page.substr(at, page.find("</li>\n<li class", at) - at);
    if (contains(between(card, "data-groups=\"", "\""), group)) {
      names.push_back(between(card, "<h3 class=\"file\">", "</h3>"));
    }
  }
  return names;
}

/// Puts a line of a text in place of another, in a file.
void replace_in(const fs::path& file, const std::string& old_text, const std::string& new_text) {
  std::string text = file_text(file);
  const std::size_t place = text.find(old_text);
  REQUIRE(place != text.npos);
  put_file(file, text.replace(place, old_text.size(), new_text));
}

}  // namespace

TEST_CASE("a report has the numbers that evaluate prints of the same split") {
  if (!has_program()) return;
  for (const std::string split : {"dev", "test"}) {
    CAPTURE(split);
    const TemporaryFolder folder;
    const fs::path out = folder / "report.html";
    REQUIRE(run_program(with(report_of(trained().run, trained().data, out), "--split", split)).status == 0);
    const std::string page = file_text(out);
    const Finished evaluated = run_program({"evaluate", "--run", trained().run.string(), "--data",
                                            trained().data.string(), "--threads", "1", "--split", split});
    REQUIRE(evaluated.status == 0);
    const std::vector<std::string> lines = lines_of(evaluated.out);
    CHECK(lines.size() >= 12);
    for (const std::string& line : lines) {
      CAPTURE(line);
      const std::size_t name = line.find("  "), value = line.find_first_not_of(' ', name);
      CHECK(contains(page, "<th scope=\"row\">" + line.substr(0, name) + "</th><td>" + line.substr(value) + "</td>"));
    }
  }
}

TEST_CASE("a report shows the best captions, the worst and some by chance, each once, with what people wrote") {
  if (!has_program()) return;
  const std::string page = report_page();
  const auto best = photographs(page, "best"), worst = photographs(page, "worst"), random = photographs(page, "random");
  CHECK(best.size() == 2);
  CHECK(worst.size() == 2);
  CHECK(random.size() == 2);
  CHECK(photographs(page, "").front() == best.front());
  CHECK(photographs(page, "").back() == worst.back());
  CHECK(count_of(page, "src=\"data:image/jpeg;base64,") == photographs(page, "").size());
  const CaptionedImages data = read_flickr8k(trained().data);
  for (const Sample& sample : data[Split::test]) {
    if (sample.image != best.front()) continue;
    for (const std::string& caption : sample.captions) CHECK(contains(page, captioner::escaped(caption)));
  }
}

TEST_CASE("--seed decides which photographs of a report come by chance, and nothing else changes from run to run") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path out = folder / "report.html";
  std::vector<std::string> pages;
  for (const std::string seed : {"1", "1", "2", "3", "4"}) {
    REQUIRE(run_program(report_of(trained().run, trained().data, out) + Arguments{"--seed", seed}).status == 0);
    pages.push_back(file_text(out));
  }
  CHECK((pages[0] == pages[1]));
  const auto of_first = photographs(pages[0], "random");
  CHECK((photographs(pages[2], "random") != of_first || photographs(pages[3], "random") != of_first ||
         photographs(pages[4], "random") != of_first));
  CHECK(photographs(pages[2], "best") == photographs(pages[0], "best"));
}

TEST_CASE("a report names nothing that is elsewhere") {
  if (!has_program()) return;
  const std::string page = report_page();
  for (const char* const part : {"http:", "https:", "//cdn", "<link", "@import", "url(", "<script src", "srcset"}) {
    CAPTURE(part);
    CHECK_FALSE(contains(page, part));
  }
  CHECK(count_of(page, "<script") == 1);
  CHECK(contains(page, "default-src 'none'"));
}

TEST_CASE("a report has the curves and the settings of the training, and its command") {
  if (!has_program()) return;
  const std::string page = report_page();
  for (const char* const part :
       {"Training loss by epoch.", "Scores on the dev split by epoch.", "Learning rate by epoch.",
        "<th scope=\"row\">word_loss</th>", "--examples 2", "captioner report --run "}) {
    CAPTURE(part);
    CHECK(contains(page, part));
  }
  CHECK_FALSE(contains(page, "Reward of sampled captions"));
  CHECK(contains(page, "id=\"no-confidence\""));
  CHECK(contains(page, "does not look at parts"));  // the tiny run has no attention
  CHECK_FALSE(contains(page, "{{"));
}

TEST_CASE("a report of a model file without a history says so, and has all else") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path model = folder / "alone.safetensors", out = folder / "report.html";
  fs::copy_file(trained().run / "model.safetensors", model);
  REQUIRE(run_program(report_of(model, trained().data, out)).status == 0);
  const std::string page = file_text(out);
  CHECK(contains(page, "class=\"no-history\""));
  CHECK(contains(page, model.string()));
  CHECK_FALSE(contains(page, "Training loss by epoch."));
  CHECK(photographs(page, "best").size() == 2);
}

TEST_CASE("hostile captions, names and folders stay text on the page of a report") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string evil = "<img src=x onerror=alert(1)>";
  const fs::path data = copy_of(trained().data, folder / ("a\"'&" + std::string("<b>")));
  const CaptionedImages images = read_flickr8k(data);
  const Sample& sample = images[Split::test].front();
  replace_in(data / "captions.txt", sample.captions.front(), evil + " </script> ");
  const fs::path out = folder / "report.html";
  const Finished finished = run_program(with(report_of(trained().run, data, out), "--examples", "50"));
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  const std::string page = file_text(out);
  CHECK(contains(page, "&lt;img src=x onerror=alert(1)&gt;"));
  CHECK_FALSE(contains(page, evil));
  CHECK_FALSE(contains(page, "<b>"));
  CHECK(count_of(page, "</script>") == 1);
}

TEST_CASE("text of any bytes is escaped for HTML") {
  CHECK(captioner::escaped("<a href='x'>\"&\"</a>") == "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt;");
  CHECK(captioner::escaped(std::string_view("\0\x1b\xff", 3)) == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(captioner::escaped("grün 犬") == "grün 犬");
}

TEST_CASE("a report is refused where there is no data, no run, no folder for it, or no number of examples") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path out = folder / "report.html", absent = folder / "absent";
  check_refused(run_program(report_of(trained().run, absent, out)), {absent.string()});
  check_refused(run_program(report_of(absent, trained().data, out)), {absent.string()});
  check_refused(run_program(report_of(trained().run, trained().data, absent / "report.html")), {absent.string()});
  check_refused(run_program(report_of(trained().run, trained().data, folder / ".")), {folder.path().string()});
  check_refused(run_program(with(report_of(trained().run, trained().data, out), "--examples", "0")), {"--examples"});
  check_refused(run_program({"report", "--data", trained().data.string()}), {"--out"});
  CHECK_FALSE(fs::exists(out));
}

TEST_CASE("a report is not written over what it reads") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path data = copy_of(trained().data, folder / "data"), run = copy_of(trained().run, folder / "run");
  const fs::path image = data / "Images" / read_flickr8k(data)[Split::train].front().image;
  for (const fs::path& input :
       {data / "captions.txt", image, run / "model.safetensors", run / "history.csv", run / "settings.json"}) {
    CAPTURE(input);
    const std::string before = file_text(input);
    check_refused(run_program(report_of(run, data, input)), {"--out", input.string(), "is read"});
    CHECK((file_text(input) == before));
  }
}

TEST_CASE("a damaged history or damaged settings are an error of report that names the file") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path run = copy_of(trained().run, folder / "run"), out = folder / "report.html";
  const std::string history = file_text(run / "history.csv");
  put_file(run / "history.csv", history + "many,2\n");
  check_refused(run_program(report_of(run, trained().data, out)), {"history.csv", "line 4"});
  put_file(run / "history.csv", history);
  put_file(run / "settings.json", "{");
  check_refused(run_program(report_of(run, trained().data, out)), {"settings.json"});
  CHECK_FALSE(fs::exists(out));
}

TEST_CASE("what a full disk or an interruption ends leaves the older report as it was") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path out = folder / "report.html";
  put_file(out, "older");
  const Finished full = run_program(report_of(trained().run, trained().data, out), 1000);
  CHECK(full.status == 2);
  CHECK(contains(full.err, out.string()));
  CHECK(file_text(out) == "older");

  Running program(report_of(trained().run, trained().data, out));
  while (!fs::exists(out.string() + ".lock") && !program.ended()) {
  }
  program.send(SIGINT);
  const Finished stopped = program.finish();
  CHECK((stopped.status == 130 || stopped.status == 0));
  if (stopped.status == 130) CHECK(file_text(out) == "older");
  CHECK(folder.file_count() <= 2);  // the page, and the file of its lock
}

TEST_CASE("the calibration plot of a report has a bar where there are captions, and the error in numbers") {
  const std::vector<double> confidences{.05, .15, .15, .95, .95, .95, .95};
  const std::vector<bool> acceptable{false, false, true, true, true, true, false};
  captioner::ConfidenceReport report;
  report.measured_on = "7 images of a split";
  report.captions = 7;
  report.acceptable = 4;
  report.bins = pupil::captioning::calibration_bins(confidences, acceptable);
  report.risk_coverage = pupil::captioning::risk_coverage(confidences, acceptable);
  report.expected_calibration_error = pupil::captioning::expected_calibration_error(report.bins);
  const std::string html = captioner::report::calibration_html(report);
  CHECK(count_of(html, "<rect class=\"bin\"") == 3);
  // |.05 - 0| of one caption, |.15 - .5| of two, |.95 - .75| of four: .05 + .7 + .8 of seven.
  CHECK(contains(html, "calibration error (ten bins): 0.221"));
  CHECK(contains(html, "<th scope=\"row\">90 to 100 %</th><td>4</td><td>95 %</td><td>75 %</td>"));
  CHECK(contains(html, "Measured on 7 images of a split: 57 % of their captions are acceptable."));
  CHECK(contains(captioner::report::calibration_html({}), "no confidence"));
}
