#include "box_model.hpp"

#include <array>
#include <cstdlib>
#include <system_error>

#include <pupil/core/errors.hpp>

namespace captioner {

namespace {

namespace fs = std::filesystem;

/// The folder of the program's file; empty where the system does not say.
fs::path folder_of_program() {
  std::error_code unknown;
  return fs::read_symlink("/proc/self/exe", unknown).parent_path();
}

}  // namespace

fs::path box_model() {
  if (const char* const named = std::getenv("CAPTIONER_MODEL"); named != nullptr && *named != '\0') return named;
  const fs::path program = folder_of_program();
  const std::array places{program / "models" / "photographs.safetensors",
                          program.parent_path() / "share" / "pupil" / "models" / "photographs.safetensors"};
  for (const fs::path& place : places) {
    if (fs::exists(place)) return place;
  }
  throw pupil::FileError(pupil::message("no captioner comes with this program: there is neither ", places[0].string(),
                                        " nor ", places[1].string(),
                                        "; name one by --run, or by CAPTIONER_MODEL in the environment"));
}

std::vector<std::string> runs_or_box(const std::vector<std::string>& runs) {
  return runs.empty() ? std::vector{box_model().string()} : runs;
}

}  // namespace captioner
