#include <regex>
#include <string>

#include "program.hpp"

using namespace pupil::testing;

namespace {

/// The arguments of a run that takes a moment.
Arguments tiny_bench(const Arguments& more = {}) {
  return Arguments{"bench", "--batch-size", "2", "--image-size", "32", "--repeats", "1", "--threads", "1"} + more;
}

}  // namespace

TEST_CASE("bench prints a line a workload: name, type, threads, time and rate") {
  if (!has_program()) return;
  const Finished finished = run_program(tiny_bench());
  CAPTURE(finished.err);
  CAPTURE(finished.out);
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  const auto lines = lines_of(finished.out);
  REQUIRE(lines.size() == 5);
  const std::string time_and_rate = " +float32 +threads=1 +[0-9]+\\.[0-9] ms +[0-9]+\\.[0-9] ";
  const auto check_line = [&](std::size_t line, const std::string& name, const std::string& unit) {
    CHECK(std::regex_match(lines[line], std::regex(name + time_and_rate + unit + "/s")));
  };
  check_line(0, "extract-vgg16", "image");
  check_line(1, "extract-resnet50", "image");
  check_line(2, "extract-mobilenet_v2", "image");
  check_line(3, "train-end-to-end", "image");
  check_line(4, "caption-latency", "caption");
}

TEST_CASE("bench --only times one workload") {
  if (!has_program()) return;
  const Finished finished = run_program(tiny_bench({"--only", "caption-latency"}));
  CHECK(finished.status == 0);
  CHECK(line_count(finished.out) == 1);
  CHECK(finished.out.starts_with("caption-latency "));
}

TEST_CASE("bench refuses a workload that there is not, and options out of range, by name") {
  if (!has_program()) return;
  check_refused(run_program(tiny_bench({"--only", "caption-speed"})), {"--only", "caption-speed", "caption-latency"});
  check_refused(run_program({"bench", "--batch-size", "1"}), {"--batch-size", "1"});
  check_refused(run_program({"bench", "--repeats", "0"}), {"--repeats", "0"});
  check_refused(run_program({"bench", "--image-size", "8"}), {"--image-size", "8"});
  check_refused(run_program({"bench", "--threads", "-1"}), {"--threads", "-1"});
}
