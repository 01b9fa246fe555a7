#pragma once
// What a command reads is not what it writes over.

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/data/data_forms.hpp>

namespace captioner {

/// Throws OptionError where `output`, the value of `option`, is one of the files that the command reads, by whatever
/// path or link: with the output in its place the input would be gone.
inline void require_input_kept(const std::string& option, const std::string& output,
                               const std::vector<std::filesystem::path>& inputs) {
  for (const std::filesystem::path& input : inputs) {
    std::error_code absent;  // a file that is not there is not written over
    pupil::require<pupil::OptionError>(!std::filesystem::equivalent(output, input, absent), option, ": ", output,
                                       " is a file that is read; name another");
  }
}

/// The captions in a folder of data, in any form, and in the file that is named; they need not be there.
inline std::vector<std::filesystem::path> caption_files(const std::filesystem::path& data,
                                                        const pupil::captioning::FormOptions& options) {
  std::vector<std::filesystem::path> files = pupil::captioning::captions_files_in(data);
  if (!options.captions_file.empty()) files.push_back(data / options.captions_file);
  return files;
}

}  // namespace captioner
