#pragma once
// What a captioner says of an image as JSON, by openapi.yaml.

#include <nlohmann/json.hpp>

#include <pupil/core/tensor.hpp>

#include "../captions/caption_maker.hpp"

namespace captioner {

/// `attention` is that of the first caption, [words, positions], or empty.
nlohmann::ordered_json description_json(const ImageDescription& description, const pupil::Tensor<float, 2>& attention,
                                        const CaptionMaker& maker);

}  // namespace captioner
