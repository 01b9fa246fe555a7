#pragma once
// Runs the program `captioner` as several processes that MPI starts. By what: PUPIL_MPIEXEC, as ctest sets it where the
// program was built with MPI.

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "program.hpp"

namespace pupil::testing {

/// Whether there are a program and an MPI to run it by; says so where there are not.
inline bool has_ranks() {
  const bool named = std::getenv("PUPIL_MPIEXEC") != nullptr;
  if (!named) MESSAGE("skipped: PUPIL_MPIEXEC does not name what starts processes");
  return named && has_program();
}

/// The arguments of mpirun for as many ranks as there are arguments here, each with its own.
inline Arguments each_rank(const std::vector<Arguments>& ranks) {
  Arguments all;
  for (const Arguments& of_rank : ranks) {
    if (!all.empty()) all.emplace_back(":");
    all = all + Arguments{"-n", "1", std::getenv("PUPIL_CAPTIONER")} + of_rank;
  }
  return all;
}

/// The same arguments for each of `count` ranks.
inline Arguments as_ranks(int count, const Arguments& arguments) {
  return Arguments{"-n", std::to_string(count), std::getenv("PUPIL_CAPTIONER")} + arguments;
}

inline std::string mpiexec() { return std::getenv("PUPIL_MPIEXEC"); }

inline Finished run_ranks_of(const Arguments& arguments) { return Running(mpiexec(), arguments).finish(); }

/// The arguments of a process, by its folder in /proc; none where it ended since the folder was listed.
inline std::string command_line(const std::filesystem::path& process) {
  try {
    return file_text(process / "cmdline");
  } catch (const std::exception&) {  // gone before it was opened, or before it was read
    return {};
  }
}

/// The processes of the program that have this text among their arguments.
inline std::vector<pid_t> processes_with(const std::string& text) {
  const std::string program = std::getenv("PUPIL_CAPTIONER");
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    pid_t process = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), process).ptr != name.data() + name.size()) continue;
    const std::string arguments = command_line(entry.path());
    if (arguments.starts_with(program) && contains(arguments, text)) found.push_back(process);
  }
  return found;
}

}  // namespace pupil::testing
