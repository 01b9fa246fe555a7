#pragma once
// What a command reads is not what it writes over.

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <pupil/core/errors.hpp>

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

/// The captions in a folder of data, in either form; they need not be there.
inline std::vector<std::filesystem::path> caption_files(const std::filesystem::path& data) {
  return {data / "captions.txt", data / "Flickr8k.token.txt", data / "Flickr8k_text" / "Flickr8k.token.txt"};
}

}  // namespace captioner
