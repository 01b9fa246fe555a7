#pragma once
// All the scores of a set of captions at once, by coco-caption's definitions.

#include <array>
#include <utility>
#include <vector>

#include <pupil/metrics/bleu.hpp>
#include <pupil/metrics/caption_corpus.hpp>
#include <pupil/metrics/cider_d.hpp>
#include <pupil/metrics/rouge_l.hpp>
#include <pupil/text/tokenizer.hpp>

namespace pupil::captioning {

/// How well captions agree with what people wrote. All are better the larger; BLEU and ROUGE-L go to 1, CIDEr-D to 10.
struct CaptionScores {
  std::array<double, 4> bleu{};          ///< BLEU-1 to BLEU-4 of the corpus
  double rouge_l = 0;                    ///< mean over the images
  double cider_d = 0;                    ///< mean over the images
  std::vector<double> rouge_l_of_image;  ///< in the order given
  std::vector<double> cider_d_of_image;  ///< in the order given
};

/// Scores one candidate an image against its references, `candidates[i]` against all of `references[i]`, both as
/// `tokenize` makes them (no start or end words). Throws Error where there is nothing to score, where the two differ in
/// number, or where an image has no reference.
inline CaptionScores score_captions(const std::vector<Sentence>& candidates,
                                    const std::vector<std::vector<Sentence>>& references) {
  const CaptionCorpus corpus(candidates, references);
  ImageScores rouge = rouge_l(corpus);
  ImageScores cider = cider_d(corpus);
  return {.bleu = bleu(corpus),
          .rouge_l = rouge.mean,
          .cider_d = cider.mean,
          .rouge_l_of_image = std::move(rouge.of_image),
          .cider_d_of_image = std::move(cider.of_image)};
}

}  // namespace pupil::captioning
