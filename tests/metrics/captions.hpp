#pragma once
// Captions for the tests of the metrics, and n-grams as the definitions have them, in strings.

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/random.hpp>
#include <pupil/metrics/caption_corpus.hpp>
#include <pupil/text/tokenizer.hpp>

namespace pupil::tests {

/// What is judged, before it becomes a corpus.
struct Captions {
  std::vector<captioning::Sentence> candidates;
  std::vector<std::vector<captioning::Sentence>> references;

  void add(std::string_view candidate, std::initializer_list<std::string_view> image_references) {
    candidates.push_back(captioning::tokenize(candidate));
    references.emplace_back();
    for (const std::string_view reference : image_references)
      references.back().push_back(captioning::tokenize(reference));
  }

  captioning::CaptionCorpus corpus() const { return captioning::CaptionCorpus(candidates, references); }
};

/// Two images whose scores are known.
inline Captions known_captions() {
  Captions captions;
  captions.add("a dog is running on grass", {"a dog runs on the grass", "the brown dog is running"});
  captions.add("two men are playing soccer", {"two men play soccer", "men are playing a game of soccer"});
  return captions;
}

/// Five images that coco-caption itself was asked about: a repeated word, an empty candidate, one reference or three,
/// a candidate that is one of its references.
inline Captions coco_captions() {
  Captions captions;
  captions.add("a black dog is running",
               {"a black dog runs through the snow", "a dog is running in the snow", "a dog runs"});
  captions.add("the the the cat", {"the cat sat on the mat", "a cat is on a mat"});
  captions.add("a man in a red shirt is climbing a rock",
               {"a man climbs a rock", "a climber in a red shirt", "a man in red climbs a steep rock"});
  captions.add("", {"two children play", "children playing in the water"});
  captions.add("two children are playing in the water",
               {"two children play", "children playing in the water", "two kids are playing in the water"});
  return captions;
}

/// `words` words of a small language, so that n-grams repeat.
inline captioning::Sentence random_sentence(Rng& rng, Index words) {
  static const std::array<std::string, 7> language{"a", "dog", "cat", "runs", "sees", "the", "red"};
  captioning::Sentence sentence;
  for (Index i = 0; i < words; ++i) sentence.push_back(language[static_cast<std::size_t>(rng.below(7))]);
  return sentence;
}

/// One to seven images with one to four references; now and then a sentence is empty.
inline Captions random_captions(Rng& rng) {
  Captions captions;
  const Index images = 1 + rng.below(7);
  for (Index i = 0; i < images; ++i) {
    captions.candidates.push_back(random_sentence(rng, rng.below(9)));
    captions.references.emplace_back();
    const Index references = 1 + rng.below(4);
    for (Index r = 0; r < references; ++r) captions.references.back().push_back(random_sentence(rng, rng.below(9)));
  }
  return captions;
}

/// The captions with the images in another order, and every image's references.
inline Captions shuffled(const Captions& captions, Rng& rng) {
  std::vector<std::size_t> order(captions.candidates.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  rng.shuffle(order);
  Captions result;
  for (const std::size_t i : order) {
    result.candidates.push_back(captions.candidates[i]);
    result.references.push_back(captions.references[i]);
    rng.shuffle(result.references.back());
  }
  return result;
}

/// How often each n-gram of `n` words occurs in the sentence.
inline std::map<captioning::Sentence, double> ngrams_of(const captioning::Sentence& sentence, std::size_t n) {
  std::map<captioning::Sentence, double> counts;
  for (auto first = sentence.begin(); sentence.end() - first >= static_cast<std::ptrdiff_t>(n); ++first) {
    ++counts[captioning::Sentence(first, first + static_cast<std::ptrdiff_t>(n))];
  }
  return counts;
}

}  // namespace pupil::tests
