#pragma once
// The standard library's file system, with its failures as FileError.

#include <filesystem>

#include <pupil/core/errors.hpp>

namespace pupil::captioning {

/// What `body()` returns; a std::filesystem::filesystem_error in it becomes `path: reason`.
template <class Body>
auto with_file_errors(Body&& body) {
  try {
    return body();
  } catch (const std::filesystem::filesystem_error& error) {
    throw FileError(message(error.path1().string(), ": ", error.code().message()));
  }
}

}  // namespace pupil::captioning
