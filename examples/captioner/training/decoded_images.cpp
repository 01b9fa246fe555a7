#include "decoded_images.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include <pupil/data/batch_share.hpp>
#include <pupil/io/file_lock.hpp>
#include <pupil/io/leftovers.hpp>

#include "../common/interruption.hpp"
#include "../ranks/sent_json.hpp"

namespace captioner {

namespace {

using pupil::captioning::Sample;

/// Waits while another process decodes images into the same file, and says so. Nothing where there cannot be a lock: a
/// folder that may only be read has the images, or an error will say that it cannot be written.
std::optional<pupil::captioning::FileLock> lock_cache(const std::filesystem::path& cache, ProgressLine& line) {
  for (bool is_said = false;; std::this_thread::sleep_for(std::chrono::milliseconds(100))) {
    try {
      pupil::captioning::FileLock lock =
          pupil::captioning::lock_output(cache, "another process is decoding images into it");
      pupil::remove_leftovers(cache.parent_path());
      return lock;
    } catch (const pupil::captioning::FileInUse& in_use) {
      if (!is_said) line.print("captioner: " + std::string(in_use.what()) + "; waiting for it");
      is_said = true;
    } catch (const pupil::FileError&) {
      return std::nullopt;
    }
    stop_if_interrupted();
  }
}

pupil::captioning::ImageCache decode(const Decoding& decoding, const std::vector<std::string>& names,
                                     ProgressLine& line) {
  const auto show = [&](pupil::Index done, pupil::Index total) {
    stop_if_interrupted();
    line.show("decoding images: " + std::to_string(done) + " of " + std::to_string(total));
  };
  return {decoding.cache, decoding.image_folder, names, decoding.size, show};
}

/// The same, while no other process decodes into that file. Nothing is locked any more when it returns: ranks that then
/// wait for each other may belong to trainings that do so too.
pupil::captioning::ImageCache decode_alone(const Decoding& decoding, const std::vector<std::string>& names,
                                           ProgressLine& line) {
  const auto lock = lock_cache(decoding.cache, line);
  return decode(decoding, names, line);
}

/// The images that any of the ranks skipped, in the order of the list.
std::vector<pupil::captioning::SkippedImage> skipped_by_all(const std::vector<pupil::captioning::SkippedImage>& mine,
                                                            const std::vector<std::string>& names, const Ranks& ranks) {
  nlohmann::json said = nlohmann::json::object();
  for (const pupil::captioning::SkippedImage& image : mine) said[image.name] = image.reason;
  nlohmann::json reasons = nlohmann::json::object();
  for (const nlohmann::json& of_rank : gather_json(ranks, said)) reasons.update(of_rank);
  std::vector<pupil::captioning::SkippedImage> skipped;
  for (const std::string& name : names) {
    if (const auto found = reasons.find(name); found != reasons.end()) skipped.push_back({name, *found});
  }
  return skipped;
}

}  // namespace

std::unique_ptr<const EncoderInputs> decode_for_all(const Decoding& decoding, const std::vector<std::string>& names,
                                                    const Ranks& ranks, ProgressLine& line) {
  if (!ranks.is_first()) ranks.wait_for_all();
  pupil::captioning::ImageCache images =
      ranks.is_first() ? decode_alone(decoding, names, line) : decode(decoding, names, line);
  if (ranks.is_first()) ranks.wait_for_all();
  return std::make_unique<const ImageInputs>(std::move(images), decoding.options);
}

ShardsOfImages shards_of_images(const std::vector<Sample>& train, pupil::Index shards) {
  ShardsOfImages shard_of;
  for (pupil::Index shard = 0; shard < shards; ++shard) {
    const pupil::captioning::BatchRange range =
        pupil::captioning::batch_share(static_cast<pupil::Index>(train.size()), shard, shards);
    for (const Sample& sample : part_of(std::span<const Sample>(train), range)) shard_of.emplace(sample.image, shard);
  }
  return shard_of;
}

std::unique_ptr<const EncoderInputs> decode_shards(const Decoding& decoding, const std::vector<Sample>& train,
                                                   const std::vector<Sample>& dev, const ShardsOfImages& shard_of,
                                                   pupil::Index shards, const Ranks& ranks, ProgressLine& line) {
  const pupil::captioning::BatchRange here = shards_of_rank(ranks, shards);
  std::vector<std::string> all;
  std::vector<std::string> mine;
  ImagesElsewhere others;
  for (const Sample& sample : train) {
    all.push_back(sample.image);
    const pupil::Index shard = shard_of.at(sample.image);
    if (shard >= here.begin && shard < here.end) {
      mine.push_back(sample.image);
    } else {
      others.names.insert(sample.image);
    }
  }
  for (const Sample& sample : dev) {
    all.push_back(sample.image);
    mine.push_back(sample.image);
  }
  pupil::captioning::ImageCache images = decode_alone(decoding, mine, line);
  others.skipped = skipped_by_all(images.skipped(), all, ranks);
  for (const pupil::captioning::SkippedImage& image : others.skipped) others.names.erase(image.name);
  return std::make_unique<const ImageInputs>(std::move(images), decoding.options, std::move(others));
}

}  // namespace captioner
