#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include <unistd.h>

#include "program.hpp"

using namespace pupil::testing;

namespace {

/// The arguments of a run that takes a moment.
Arguments tiny_bench(const Arguments& more = {}) {
  return Arguments{"bench", "--batch-size", "2", "--image-size", "32", "--repeats", "1", "--threads", "1"} + more;
}

#ifdef __linux__
/// The processes that `parent` has started and that have not ended.
std::vector<int> children_of(int parent) {
  const std::string process = std::to_string(parent);
  std::ifstream list("/proc/" + process + "/task/" + process + "/children");
  return {std::istream_iterator<int>(list), {}};
}

/// Whether it is there and is more than an end that nobody has asked for.
bool is_running(int process) {
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string number, name, state;
  return stat >> number >> name >> state && state != "Z" && state != "X";
}
#endif

}  // namespace

TEST_CASE("bench prints a line a workload: name, type, threads, time and rate") {
  if (!has_program()) return;
  const Finished finished = run_program(tiny_bench());
  CAPTURE(finished.err);
  CAPTURE(finished.out);
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  const auto lines = lines_of(finished.out);
  REQUIRE(lines.size() == 7);
  const std::string time_and_rate = " +float32 +threads=1 +[0-9]+\\.[0-9] ms +[0-9]+\\.[0-9] ";
  const auto check_line = [&](std::size_t line, const std::string& name, const std::string& unit) {
    CHECK(std::regex_match(lines[line], std::regex(name + time_and_rate + unit + "/s")));
  };
  check_line(0, "extract-vgg16", "image");
  check_line(1, "extract-resnet50", "image");
  check_line(2, "extract-mobilenet_v2", "image");
  check_line(3, "train-end-to-end", "image");
  check_line(4, "train-decoder", "caption");
  check_line(5, "train-on-metric", "caption");
  check_line(6, "caption-latency", "caption");
}

TEST_CASE("bench --only times one workload") {
  if (!has_program()) return;
  const Finished finished = run_program(tiny_bench({"--only", "caption-latency"}));
  CHECK(finished.status == 0);
  CHECK(line_count(finished.out) == 1);
  CHECK(finished.out.starts_with("caption-latency "));
}

TEST_CASE("bench --explain says first by which algorithms a network's convolutions are computed") {
  if (!has_program()) return;
  const Finished finished = run_program(tiny_bench({"--only", "train-end-to-end", "--explain"}));
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  const auto lines = lines_of(finished.out);
  REQUIRE(lines.size() == 21);  // the twenty convolutions of ResNet-18
  CHECK(contains(lines[0], "conv1: conv2d 7x7/2 3->64 "));
  CHECK(contains(lines[0], "data gradient joined phases"));
  CHECK(lines[20].starts_with("train-end-to-end "));
}

TEST_CASE("bench refuses a workload that there is not, and options out of range, by name") {
  if (!has_program()) return;
  check_refused(run_program(tiny_bench({"--only", "caption-speed"})), {"--only", "caption-speed", "caption-latency"});
  check_refused(run_program({"bench", "--batch-size", "1"}), {"--batch-size", "1"});
  check_refused(run_program({"bench", "--repeats", "0"}), {"--repeats", "0"});
  check_refused(run_program({"bench", "--image-size", "8"}), {"--image-size", "8"});
  check_refused(run_program({"bench", "--threads", "-1"}), {"--threads", "-1"});
}

TEST_CASE("bench --beside times each workload alone and then beside busy processes, which end with it") {
  if (!has_program()) return;
  const Finished finished = run_program(tiny_bench({"--only", "caption-latency", "--beside", "2"}));
  CHECK(finished.status == 0);
  const auto lines = lines_of(finished.out);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("beside") == std::string::npos);
  CHECK(std::regex_match(lines[1],
                         std::regex("caption-latency .* caption/s  beside 2: [0-9]+\\.[0-9]{2} of the rate alone")));
  check_refused(run_program({"bench", "--beside", "-1"}), {"--beside", "-1"});
}

#ifdef __linux__
TEST_CASE("the processes that bench runs beside end where it is killed") {
  if (!has_program()) return;
  Running program({"bench", "--only", "caption-latency", "--image-size", "32", "--repeats", "20", "--beside", "2"});
  std::vector<int> others;
  while (others.size() < 2 && !program.ended()) {
    ::usleep(1000);
    others = children_of(program.process());
  }
  REQUIRE(others.size() == 2);
  program.send(SIGKILL);
  program.finish();
  while (std::any_of(others.begin(), others.end(), is_running)) ::usleep(1000);  // else ctest ends it
}
#endif
