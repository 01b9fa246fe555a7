#pragma once
// What decides which captions come out, as 16 digits that differ where it does.

#include <string>

#include "caption_maker.hpp"

namespace captioner {

/// Of the captioners' files, byte by byte, how captions are searched for or drawn, and the precision in use.
std::string settings_identity(const CaptionMaker& maker);

}  // namespace captioner
