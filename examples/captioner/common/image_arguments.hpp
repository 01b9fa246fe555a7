#pragma once
// Image files as arguments of a command.

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

#include <pupil/core/errors.hpp>

namespace captioner {

/// Adds the files that stand after the options. Any name is one, be it "[a,b]" or, after "--", "-a".
inline CLI::Option* add_image_arguments(CLI::App& command, std::vector<std::string>& images) {
  const auto keep = [&images](const CLI::results_t& names) {
    images = names;
    return true;
  };
  return command.add_option("images", keep, "Image files; after --, names may begin with a dash")
      ->expected(1, -1)
      ->allow_extra_args()
      ->required()
      ->type_name("IMAGE");
}

/// Throws FileError for what people give that is no file, saying what it is.
inline void require_image_file(const std::string& path) {
  pupil::require<pupil::FileError>(!path.empty(), "\"\": an empty name is no image file");
  pupil::require<pupil::FileError>(path != "-", "-: images are not read from standard input; name a file");
  pupil::require<pupil::FileError>(!path.starts_with("http://") && !path.starts_with("https://"), path,
                                   ": is an address; images are read from files");
  std::error_code unknown;
  pupil::require<pupil::FileError>(!std::filesystem::is_directory(path, unknown), path,
                                   ": is a folder; name the image files in it, as in ",
                                   (std::filesystem::path(path) / "*.jpg").string());
}

}  // namespace captioner
