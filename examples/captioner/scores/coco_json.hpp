#pragma once
// COCO's forms of captions in JSON, strictly: what is not as it should be is an error that names it.

#include <string>
#include <string_view>
#include <vector>

#include <pupil/io/text_file.hpp>

#include "caption_sets.hpp"

namespace captioner {

/// Whether a text begins as JSON does.
bool begins_as_json(std::string_view text);

/// An array of {"image_id": number or text, "caption": text}. Other members do not count. Throws FileError, with the
/// line or the entry, where the file is no such array.
std::vector<Candidate> read_coco_results(const pupil::captioning::TextFile& file);

/// {"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}, where "file_name" may be missing.
/// Throws FileError, with the line or the entry, where the file is no such object.
References read_coco_annotations(const pupil::captioning::TextFile& file, std::vector<std::string>& remarks);

}  // namespace captioner
