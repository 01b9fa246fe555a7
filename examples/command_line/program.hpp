#pragma once
// What every program does around its work.

#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "standard_streams.hpp"

namespace command_line {

/// What a program ends with that could not do what it was asked for.
inline constexpr int exit_error = 2;

/// Says what went wrong on standard error, beginning with the program's name, which the error may begin with already.
inline void complain(std::string_view program, std::string_view error) {
  const std::string prefix = std::string(program) + ": ";
  write_error_line(error.starts_with(prefix) ? std::string(error) : prefix + std::string(error));
}

/// What `body()` returns, as the exit status; exit_error where it throws, which is said.
template <class Body>
int run_program(std::string_view name, const Body& body) {
  hold_standard_descriptors();
  make_errors_of_write_signals();
  try {
    const int status = body();
    finish_output();
    return status;
  } catch (const ClosedPipe&) {
    end_by_closed_pipe();
  } catch (const std::bad_alloc&) {
    complain(name, "out of memory");
  } catch (const std::exception& error) {
    complain(name, error.what());
  }
  return exit_error;
}

}  // namespace command_line
