#pragma once
// Runs the program `captioner` as people do, on a data set of tiny scenes. Which program: PUPIL_CAPTIONER, as ctest
// sets it; where that is unset there is nothing to test, and a test says so.

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/files.hpp"

namespace pupil::testing {

using Arguments = std::vector<std::string>;

inline Arguments operator+(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// What a run of the program came to.
struct Finished {
  int status = -1;  ///< -1: ended by a signal
  std::string out;
  std::string err;
};

/// The program while it runs, in a folder of its own for what it says.
class Running {
 public:
  /// `largest_file`: as if the disk were full beyond so many bytes a file; 0: no limit.
  explicit Running(const Arguments& arguments, rlim_t largest_file = 0)
      : Running(std::getenv("PUPIL_CAPTIONER"), arguments, largest_file) {}

  /// Another program, such as one that starts this one.
  Running(const std::string& program, const Arguments& arguments, rlim_t largest_file = 0) {
    const std::string out = (said_ / "out").string();
    const std::string err = (said_ / "err").string();
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    for (const std::string& file : {out, err}) put_file(file, "");  // there even where it is killed at once
    process_ = ::fork();
    if (process_ == 0) {
      redirect(out, STDOUT_FILENO);
      redirect(err, STDERR_FILENO);
      if (largest_file > 0) limit_files(largest_file);
      ::execv(program.c_str(), words.data());
      ::_exit(127);
    }
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (process_ > 0) {
      send(SIGKILL);
      finish();
    }
  }

  pid_t process() const { return process_; }

  void send(int signal) const { ::kill(process_, signal); }

  /// Whether it has come to its end by itself.
  bool ended() {
    if (process_ > 0 && ::waitpid(process_, &status_, WNOHANG) == process_) process_ = 0;
    return process_ == 0;
  }

  /// What it has said on standard output so far.
  std::string out() const { return file_text(said_ / "out"); }

  /// Waits for the end.
  Finished finish() {
    if (process_ > 0) ::waitpid(process_, &status_, 0);
    process_ = 0;
    return {WIFEXITED(status_) ? WEXITSTATUS(status_) : -1, file_text(said_ / "out"), file_text(said_ / "err")};
  }

 private:
  static void redirect(const std::string& path, int descriptor) {
    ::dup2(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), descriptor);
  }
  static void limit_files(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);  // stays ignored in the program
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }

  TemporaryFolder said_;
  pid_t process_ = -1;
  int status_ = 0;
};

inline Finished run_program(const Arguments& arguments, rlim_t largest_file = 0) {
  return Running(arguments, largest_file).finish();
}

/// A variable of the environment of the programs that are run while it lives.
class VariableOfPrograms {
 public:
  VariableOfPrograms(const char* name, const std::string& value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~VariableOfPrograms() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  VariableOfPrograms(const VariableOfPrograms&) = delete;
  VariableOfPrograms& operator=(const VariableOfPrograms&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// Whether there is a program to run; says so where there is none.
inline bool has_program() {
  const bool named = std::getenv("PUPIL_CAPTIONER") != nullptr;
  if (!named) MESSAGE("skipped: PUPIL_CAPTIONER does not name the program");
  return named;
}

inline std::size_t line_count(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// Checks that the program refused: exit status 2, one line that begins with its name and has all the parts in it.
inline void check_refused(const Finished& finished, const std::vector<std::string>& parts) {
  CAPTURE(finished.err);
  CHECK(finished.status == 2);
  CHECK(finished.out.empty());
  CHECK(line_count(finished.err) == 1);
  CHECK(finished.err.starts_with("captioner: "));
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(contains(finished.err, part));
  }
}

/// Writes scenes of 32 pixels.
inline void make_scenes(const std::filesystem::path& folder, int count = 60) {
  const Finished finished = run_program(
      {"scenes", "--out", folder.string(), "--count", std::to_string(count), "--seed", "3", "--image-size", "32"});
  INFO(finished.err);
  REQUIRE(finished.status == 0);
}

/// The arguments of a training that takes a moment.
inline Arguments tiny_training(const std::filesystem::path& data, const std::filesystem::path& out) {
  return {"train",
          "--data",
          data.string(),
          "--out",
          out.string(),
          "--encoder",
          "small",
          "--image-size",
          "32",
          "--resize-to",
          "32",
          "--encoder-width",
          "4",
          "--hidden-size",
          "16",
          "--min-count",
          "1",
          "--embedding-size",
          "16",
          "--epochs",
          "2",
          "--batch-size",
          "8",
          "--seed",
          "5",
          "--threads",
          "1"};
}

/// Scenes and a run that was trained on them.
struct TrainedRun {
  TemporaryFolder folder;
  std::filesystem::path data = folder / "scenes";
  std::filesystem::path run = folder / "run";

  TrainedRun() {
    make_scenes(data);
    const Finished finished = run_program(tiny_training(data, run));
    INFO(finished.err);
    REQUIRE(finished.status == 0);
  }

  std::string image(int number) const {
    const std::string digits = std::to_string(number);
    return (data / "Images" / ("scene_" + std::string(5 - digits.size(), '0') + digits + ".jpg")).string();
  }
};

/// The arguments with another value of an option that they have.
inline Arguments with(Arguments arguments, const std::string& option, const std::string& value) {
  *(std::find(arguments.begin(), arguments.end(), option) + 1) = value;
  return arguments;
}

/// Copies a folder that a test is going to damage.
inline std::filesystem::path copy_of(const std::filesystem::path& folder, const std::filesystem::path& destination) {
  std::filesystem::copy(folder, destination, std::filesystem::copy_options::recursive);
  return destination;
}

/// One run for all tests that only look at it.
inline const TrainedRun& trained() {
  static const TrainedRun run;
  return run;
}

}  // namespace pupil::testing
