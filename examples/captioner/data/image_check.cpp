#include "image_check.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/io/image.hpp>
#include <pupil/io/image_identity.hpp>
#include <pupil/io/progress_bar.hpp>

#include "../common/interruption.hpp"

namespace captioner {

namespace {

/// What one file came to.
struct ReadImage {
  std::uint64_t content = 0;  ///< a hash of its bytes
  std::string error;          ///< why it is no image; empty for a good one
};

ReadImage read_one(const std::filesystem::path& folder, const std::string& name) {
  ReadImage result{.content = pupil::captioning::identify_image(folder, name).content, .error = {}};
  const std::string file = (folder / name).string();
  try {
    pupil::captioning::read_image(file);
  } catch (const pupil::Error& error) {
    std::string_view reason = error.what();
    if (reason.starts_with(file + ": ")) reason.remove_prefix(file.size() + 2);
    result.error = reason;
  }
  return result;
}

std::vector<PlacedImage> all_images(const pupil::captioning::CaptionedImages& data) {
  std::vector<PlacedImage> images;
  for (const pupil::captioning::Split split : pupil::captioning::all_splits) {
    for (const pupil::captioning::Sample& sample : data[split]) images.push_back({split, sample.image});
  }
  return images;
}

std::vector<ReadImage> read_all(const pupil::captioning::CaptionedImages& data, const std::vector<PlacedImage>& images,
                                ProgressLine& line) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t at_once = 256;  // between two looks at the clock
  const auto start = Clock::now();
  std::vector<ReadImage> results(images.size());
  for (std::size_t first = 0; first < images.size(); first += at_once) {
    stop_if_interrupted();
    const std::size_t count = std::min(at_once, images.size() - first);
    pupil::parallel_for(static_cast<pupil::Index>(count), [&](pupil::Index i) {
      const std::size_t at = first + static_cast<std::size_t>(i);
      results[at] = read_one(data.image_folder, images[at].name);
    });
    const std::size_t done = first + count;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const double left = seconds / static_cast<double>(done) * static_cast<double>(images.size() - done);
    line.show(
        pupil::message("reading images: ", done, " of ", images.size(), ", ", pupil::format_duration(left), " left"));
  }
  line.clear();
  return results;
}

}  // namespace

bool is_across_splits(const SameImages& images) {
  return std::ranges::any_of(images, [&](const PlacedImage& image) { return image.split != images.front().split; });
}

ImageCheck check_images(const pupil::captioning::CaptionedImages& data, ProgressLine& line) {
  const std::vector<PlacedImage> images = all_images(data);
  const std::vector<ReadImage> results = read_all(data, images, line);
  ImageCheck check{.images = static_cast<pupil::Index>(images.size()), .broken = {}, .duplicates = {}};
  std::map<std::uint64_t, SameImages> by_content;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!results[i].error.empty()) check.broken.push_back({images[i].name, results[i].error});
    if (results[i].content != 0) by_content[results[i].content].push_back(images[i]);
  }
  for (auto& [content, same] : by_content) {
    if (same.size() > 1) check.duplicates.push_back(std::move(same));
  }
  std::ranges::sort(check.duplicates, {},
                    [](const SameImages& same) { return std::pair(same[0].split, same[0].name); });
  return check;
}

}  // namespace captioner
