#pragma once
// Captions as people write them.

#include <string>
#include <vector>

namespace captioner {

/// A capital at the beginning, a full stop at the end. Empty where there is no word.
inline std::string as_sentence(const std::vector<std::string>& words) {
  std::string sentence;
  for (const std::string& word : words) sentence += (sentence.empty() ? "" : " ") + word;
  if (sentence.empty()) return sentence;
  if (sentence.front() >= 'a' && sentence.front() <= 'z') sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A');
  return sentence + '.';
}

}  // namespace captioner
