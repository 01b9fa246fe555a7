#pragma once
// Runs the program with standard streams that are not plain files: closed, full, a pipe, a terminal.

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.hpp"

namespace pupil::testing {

/// Runs a script of bash, in which "$0" "$@" is the program with its arguments. Its own redirections go first.
inline Finished run_script(const std::string& script, const Arguments& arguments) {
  const TemporaryFolder said;
  std::string text = script;
  std::vector<const char*> words{"bash", "-c", text.c_str(), std::getenv("PUPIL_CAPTIONER")};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  words.push_back(nullptr);
  for (const char* const name : {"out", "err"}) put_file(said / name, "");
  const std::string out = (said / "out").string(), err = (said / "err").string();
  const pid_t process = ::fork();
  if (process == 0) {
    ::dup2(::open(out.c_str(), O_WRONLY | O_APPEND), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_APPEND), STDERR_FILENO);
    ::execvp("bash", const_cast<char**>(words.data()));
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(process, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, file_text(out), file_text(err)};
}

/// The program with its standard error on a terminal, which is ours to read and to change.
class OnTerminal {
 public:
  OnTerminal(const Arguments& arguments, unsigned short columns, const char* kind = "xterm") {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(master_ >= 0);
    REQUIRE(::grantpt(master_) == 0);
    REQUIRE(::unlockpt(master_) == 0);
    const std::string name = ::ptsname(master_);
    resize(columns);
    const char* const program = std::getenv("PUPIL_CAPTIONER");
    std::vector<const char*> words{program};
    for (const std::string& argument : arguments) words.push_back(argument.c_str());
    words.push_back(nullptr);
    const int terminal = ::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(terminal >= 0);
    resize(columns);
    process_ = ::fork();
    if (process_ == 0) {
      ::setenv("TERM", kind, 1);
      ::dup2(terminal, STDERR_FILENO);
      ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
      ::execv(program, const_cast<char**>(words.data()));
      ::_exit(127);
    }
    ::close(terminal);
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;
  ~OnTerminal() {
    if (process_ > 0) ::kill(process_, SIGKILL);
    if (process_ > 0) ::waitpid(process_, nullptr, 0);
    ::close(master_);
  }

  void resize(unsigned short columns) const {
    winsize size{};
    size.ws_row = 24;
    size.ws_col = columns;
    ::ioctl(master_, TIOCSWINSZ, &size);
  }

  /// Reads on until the text satisfies `enough` or the program has ended. Returns all that was read so far.
  const std::string& read_until(const std::function<bool(std::string_view)>& enough) {
    char bytes[4096];
    while (!enough(text_)) {
      const ssize_t count = ::read(master_, bytes, sizeof bytes);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;  // EIO: nobody holds the terminal any more
      text_.append(bytes, static_cast<std::size_t>(count));
    }
    return text_;
  }

  const std::string& read_all() {
    return read_until([](std::string_view) { return false; });
  }

  int finish() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  int master_ = -1;
  pid_t process_ = -1;
  std::string text_;
};

/// What a terminal was shown of the line that renews itself, an entry an update, without its escapes.
inline std::vector<std::string> updates_of(std::string_view shown) {
  constexpr std::string_view erase = "\x1b[K";
  std::vector<std::string> updates;
  for (std::size_t at = shown.find('\r'); at != std::string_view::npos;) {
    const std::size_t next = shown.find('\r', at + 1);
    std::string_view update = shown.substr(at + 1, next - at - 1);
    const std::size_t erased = update.find(erase);
    if (erased != std::string_view::npos && erased > 0) updates.emplace_back(update.substr(0, erased));
    at = next;
  }
  return updates;
}

}  // namespace pupil::testing
