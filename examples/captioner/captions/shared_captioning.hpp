#pragma once
// Files that several ranks caption together.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../common/progress_line.hpp"
#include "../ranks/ranks.hpp"
#include "captioning.hpp"

namespace captioner {

/// Captions the files, each rank a batch in turn, and calls `use(result)` for all of them on every rank, in order: one
/// rank alone as soon as a batch is done, several at the end. Captions are those of one rank alone, drawn ones too.
/// Shows the progress on this line. Throws Interrupted.
void caption_files_together(const CaptionMaker& maker, const Ranks& ranks, const std::vector<std::string>& paths,
                            ProgressLine& line, const std::function<void(const CaptionResult&)>& use);

/// On the first rank, which alone knows what there is to caption: as caption_images, but for the others, which caption
/// batches in turn, and for `use`, which gets the images of several batches at once.
void hand_out_images(const CaptionMaker& maker, const Ranks& ranks,
                     const std::function<std::optional<ImageRequest>()>& next,
                     const std::function<void(std::span<const CaptionedImage>)>& use);

/// On the others: captions what the first rank hands out, to its end.
void caption_handed_out(const CaptionMaker& maker, const Ranks& ranks);

}  // namespace captioner
