#pragma once
// Files that several ranks caption together.

#include <functional>
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

}  // namespace captioner
