#pragma once
// A web site with three photographs, for the tests of `captioner alt`.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "program.hpp"

namespace pupil::testing {

struct AltSite {
  TemporaryFolder holder;
  std::filesystem::path folder = holder / "site";

  AltSite() {
    std::filesystem::create_directories(folder);
    int number = 0;
    for (const char* const name : {"a.jpg", "b.jpg", "c.jpg"}) {
      std::filesystem::copy_file(trained().image(number++), folder / name);
    }
  }

  void put(const std::string& name, std::string_view text) const { put_file(folder / name, text); }

  Finished propose(const Arguments& more = {}) const {
    return run_program(Arguments{"alt", folder.string(), "--run", trained().run.string()} + more);
  }

  Finished apply(const std::string& list) const { return run_program({"alt", folder.string(), "--apply", list}); }

  /// The first three fields of every proposal.
  std::vector<std::string> proposed() const {
    const Finished finished = propose();
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    auto lines = lines_of(finished.out);
    lines.erase(lines.begin());
    for (std::string& line : lines) {
      std::size_t end = 0;
      for (int comma = 0; comma < 3; ++comma) end = line.find(',', end) + 1;
      line.resize(end - 1);
    }
    return lines;
  }

  /// What `captioner caption` says of the photograph, with a capital and a full stop.
  std::string sentence(const std::string& name) const {
    const std::string path = (folder / name).string();
    const Finished finished = run_program({"caption", "--run", trained().run.string(), path});
    REQUIRE(finished.status == 0);
    std::string text = finished.out.substr(finished.out.find('\t') + 1);
    text.pop_back();
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return text + '.';
  }
};

}  // namespace pupil::testing
