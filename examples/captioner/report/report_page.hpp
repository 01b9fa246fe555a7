#pragma once
// All that a report shows, in its order.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <pupil/io/atomic_file.hpp>

#include "../captions/caption_maker.hpp"
#include "../scores/captioned_split.hpp"
#include "overview.hpp"

namespace captioner::report {

/// What is known before the first byte of the page.
struct PageContents {
  std::string command;
  std::string data;  ///< its folder, as it was given
  pupil::captioning::Split split;
  std::size_t examples;  ///< of the best, of the worst, and by chance
  std::uint64_t seed;    ///< decides which come by chance
  std::vector<ReportedRun> runs;
  CaptionedSplit measured;
};

/// Writes the page, but does not commit it. Reads the photographs that are shown again, one by one: only one of them is
/// in memory. Throws FileError where that fails, and Interrupted.
void write_page(pupil::AtomicFile& page, const PageContents& contents, const CaptionMaker& maker);

}  // namespace captioner::report
