#pragma once
// The captioner of photographs that comes with the program.

#include <filesystem>
#include <string>
#include <vector>

namespace captioner {

/// Its file: what CAPTIONER_MODEL in the environment names (a run's folder or a model), or photographs.safetensors in
/// the folder models/ beside the program, or share/pupil/models/ of the prefix where the program is installed. Throws
/// FileError, saying what else can be done, where it is in none of them.
std::filesystem::path box_model();

/// These runs, or the captioner in the box where there is none.
std::vector<std::string> runs_or_box(const std::vector<std::string>& runs);

}  // namespace captioner
