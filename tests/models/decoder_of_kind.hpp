#pragma once
// Small decoders by their names.

#include <string>
#include <string_view>

#include <pupil/models/decoder.hpp>

namespace pupil::testing {

inline captioning::DecoderOptions options_of_kind(std::string_view kind) {
  return {.kind = std::string(kind),
          .vocabulary_size = 9,
          .pooled_size = 7,
          .grid_channels = 7,
          .embedding_size = 4,
          .hidden_size = 6,
          .attention_size = 3,
          .dropout = 0};
}

}  // namespace pupil::testing
