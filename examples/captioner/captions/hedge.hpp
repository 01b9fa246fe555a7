#pragma once
// Doubt in words. People who cannot see the picture believe plain sentences that are wrong, and less so where the
// sentence says that it may be wrong (MacLeod, Bennett, Morris, Cutrell: "Understanding blind people's experiences with
// computer-generated captions of social media images", CHI 2017).

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace captioner {

/// Below this a caption is more probably wrong than right.
inline constexpr double doubtful_below = .5;
/// Below this it is a guess.
inline constexpr double guess_below = .2;

/// "a dog is running" as "a dog running", so that it can stand behind "possibly". Other sentences stay as they are:
/// those that begin with "there is", and those whose first "is" belongs to a relative clause.
inline std::vector<std::string> without_first_auxiliary(std::vector<std::string> words) {
  constexpr std::array<std::string_view, 7> subjects{"there", "it", "this", "these", "that", "which", "who"};
  const auto is_auxiliary = [](const std::string& word) { return word == "is" || word == "are"; };
  const auto found = std::ranges::find_if(words, is_auxiliary);
  const bool is_inside = found != words.begin() && found != words.end() && found + 1 != words.end();
  if (is_inside && std::ranges::find(subjects, *(found - 1)) == subjects.end()) words.erase(found);
  return words;
}

/// The words of an English caption with the doubt that goes with this confidence before them: "possibly a dog running
/// through water", or, where it is a guess, "not sure what this is, possibly ...". Nothing is put before no word.
inline std::vector<std::string> hedged(const std::vector<std::string>& words, double confidence) {
  if (words.empty() || confidence >= doubtful_below) return words;
  std::vector<std::string> said{"possibly"};
  if (confidence < guess_below) said = {"not", "sure", "what", "this", "is,", "possibly"};
  for (std::string& word : without_first_auxiliary(words)) said.push_back(std::move(word));
  return said;
}

}  // namespace captioner
