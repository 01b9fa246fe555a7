#pragma once
// The work of `captioner caption`.

#include "../commands.hpp"
#include "caption_arguments.hpp"

namespace captioner {

/// Captions the images, or says what it would do. Images that cannot be read, and what cannot be written beside them,
/// are a line on standard error each, and make the status 1. Throws OptionError or FileError before any work where it
/// makes no sense, and Interrupted, with complete files, where an interruption is noted.
void run_caption(const CaptionArguments& arguments, ExitStatus& status);

}  // namespace captioner
