#pragma once
// Decoded images for training from pixels: in one file for all ranks, or in one for each rank that keeps to the images
// of its shards.

#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <pupil/core/shape.hpp>
#include <pupil/data/captioned_images.hpp>

#include "../common/progress_line.hpp"
#include "../ranks/ranks.hpp"
#include "encoder_inputs.hpp"
#include "image_inputs.hpp"

namespace captioner {

/// Which images are decoded into which file, and how they are shown.
struct Decoding {
  std::filesystem::path image_folder;
  std::filesystem::path cache;
  pupil::Size2d size;
  ImageInputOptions options;
};

/// Rank 0 decodes all, while the others wait; they find the file, and write none. Waits for other processes that decode
/// into it.
std::unique_ptr<const EncoderInputs> decode_for_all(const Decoding& decoding, const std::vector<std::string>& names,
                                                    const Ranks& ranks, ProgressLine& line);

/// The shard of every train image, by its name; a shard has as many as the others.
using ShardsOfImages = std::unordered_map<std::string, pupil::Index>;
ShardsOfImages shards_of_images(const std::vector<pupil::captioning::Sample>& train, pupil::Index shards);

/// Every rank decodes the train images of its shards, of so many in all, and all dev images, of which there are few. An
/// image that one of them cannot read is skipped by all.
std::unique_ptr<const EncoderInputs> decode_shards(const Decoding& decoding,
                                                   const std::vector<pupil::captioning::Sample>& train,
                                                   const std::vector<pupil::captioning::Sample>& dev,
                                                   const ShardsOfImages& shard_of, pupil::Index shards,
                                                   const Ranks& ranks, ProgressLine& line);

}  // namespace captioner
