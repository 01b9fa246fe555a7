#include "shared_captioning.hpp"

#include <optional>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include <pupil/core/errors.hpp>

#include "../common/image_batches.hpp"
#include "../common/interruption.hpp"
#include "../ranks/gather_json.hpp"

namespace captioner {

namespace {

void show_captioned(ProgressLine& line, std::size_t count, std::size_t total) {
  if (line.is_due()) line.show(pupil::message("captioning: ", count, " of ", total));
}

/// What ranks send each other of an image. Its path they all know.
nlohmann::json to_sent(const CaptionResult& result) {
  auto captions = nlohmann::json::array();
  for (const SaidCaption& said : result.captions) captions.push_back({said.text, said.sentence, said.log_probability});
  nlohmann::json sent{{"error", result.error}, {"captions", std::move(captions)}};
  if (result.confidence) sent["confidence"] = *result.confidence;
  return sent;
}

CaptionResult from_sent(const std::string& path, const nlohmann::json& sent) {
  CaptionResult result{path, {}, sent.at("error").get<std::string>()};
  for (const nlohmann::json& said : sent.at("captions")) {
    result.captions.push_back({said.at(0).get<std::string>(), said.at(1).get<std::string>(), said.at(2).get<double>()});
  }
  if (!result.captions.empty()) result.caption = result.captions.front().text;
  if (sent.contains("confidence")) result.confidence = sent.at("confidence").get<double>();
  return result;
}

/// What this rank has to say of the files that are its own.
nlohmann::json caption_own(const CaptionMaker& maker, const std::vector<std::string>& paths, ProgressLine& line,
                           const std::function<bool(std::size_t place)>& is_own) {
  auto results = nlohmann::json::array();
  std::size_t asked = 0, passed = 0;
  const auto next = [&]() -> std::optional<ImageRequest> {
    if (asked == paths.size()) return std::nullopt;
    ImageRequest request{paths[asked]};
    if (!is_own(asked++)) {  // to be counted, not to be read
      request.is_done = true;
      request.earlier.emplace();
    }
    return request;
  };
  caption_images(maker, next, [&](std::span<const CaptionedImage> images) {
    stop_if_interrupted();
    for (const CaptionedImage& image : images) {
      if (!image.request.is_done) results.push_back(to_sent(image.result));
    }
    passed += images.size();
    show_captioned(line, passed, paths.size());
  });
  return results;
}

}  // namespace

void caption_files_together(const CaptionMaker& maker, const Ranks& ranks, const std::vector<std::string>& paths,
                            ProgressLine& line, const std::function<void(const CaptionResult&)>& use) {
  if (ranks.is_alone()) {
    std::size_t count = 0;
    caption_files(maker, paths, [&](const CaptionResult& result) {
      stop_if_interrupted();
      use(result);
      show_captioned(line, ++count, paths.size());
    });
    return;
  }
  const auto rank_of = [&](std::size_t place) {
    return place / static_cast<std::size_t>(image_batch) % static_cast<std::size_t>(ranks.size());
  };
  const nlohmann::json mine = caption_own(
      maker, paths, line, [&](std::size_t place) { return rank_of(place) == static_cast<std::size_t>(ranks.rank()); });
  const std::vector<nlohmann::json> results = gather_json(ranks, mine);
  std::vector<std::size_t> used(results.size());
  for (std::size_t place = 0; place < paths.size(); ++place) {
    const std::size_t rank = rank_of(place);
    use(from_sent(paths[place], results[rank].at(used[rank]++)));
  }
}

}  // namespace captioner
