#include "shared_captioning.hpp"

#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include <pupil/core/errors.hpp>

#include "../common/image_batches.hpp"
#include "../common/interruption.hpp"
#include "../ranks/rounds.hpp"
#include "../ranks/sent_json.hpp"

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

/// Batches go to the ranks in turn; images that are done already are in none.
class Turns {
 public:
  explicit Turns(const Ranks& ranks) : ranks_(static_cast<std::size_t>(ranks.size())) {}

  /// Of the next image that is to be captioned.
  std::size_t next() { return count_++ / static_cast<std::size_t>(image_batch) % ranks_; }

 private:
  std::size_t ranks_;
  std::size_t count_ = 0;
};

/// What this rank has to say of the images of its turns, of which the first has the place `first` among all.
/// `passed(count)` is told how many were captioned, or are no business of this rank.
nlohmann::json caption_own(const CaptionMaker& maker, const Ranks& ranks, std::vector<ImageRequest> requests,
                           std::size_t first, const std::function<void(std::size_t count)>& passed) {
  Turns turns(ranks);
  for (ImageRequest& request : requests) {
    if (request.is_done || turns.next() == static_cast<std::size_t>(ranks.rank())) continue;
    request.is_done = true;  // by another: to be counted, not to be read
    request.earlier.emplace();
  }
  std::size_t asked = 0;
  const auto next = [&]() -> std::optional<ImageRequest> {
    if (asked == requests.size()) return std::nullopt;
    return std::move(requests[asked++]);
  };
  auto results = nlohmann::json::array();
  const auto use = [&](std::span<const CaptionedImage> images) {
    for (const CaptionedImage& image : images) {
      if (!image.request.is_done) results.push_back(to_sent(image.result));
    }
    passed(images.size());
  };
  caption_images(maker, next, use, first);
  return results;
}

/// What all ranks said, taken in the order of the images.
class ResultsInOrder {
 public:
  ResultsInOrder(const Ranks& ranks, std::vector<nlohmann::json> results)
      : turns_(ranks), results_(std::move(results)), used_(results_.size()) {}

  /// Of the next image that was to be captioned.
  CaptionResult next(const std::string& path) {
    const std::size_t rank = turns_.next();
    return from_sent(path, results_[rank].at(used_[rank]++));
  }

 private:
  Turns turns_;
  std::vector<nlohmann::json> results_;
  std::vector<std::size_t> used_;
};

/// The images of a round as all ranks learn of them: what is done is null.
nlohmann::json to_task(std::span<const ImageRequest> requests, std::size_t first) {
  auto paths = nlohmann::json::array();
  for (const ImageRequest& request : requests) {
    paths.push_back(request.is_done ? nlohmann::json() : nlohmann::json(request.path));
  }
  return {{"first", first}, {"paths", std::move(paths)}};
}

std::vector<ImageRequest> requests_of(const nlohmann::json& task) {
  std::vector<ImageRequest> requests;
  for (const nlohmann::json& path : task.at("paths")) {
    requests.emplace_back();
    if (path.is_null()) {
      requests.back().is_done = true;
      requests.back().earlier.emplace();
    } else {
      requests.back().path = path.get<std::string>();
    }
  }
  return requests;
}

PartOfRound caption_part(const CaptionMaker& maker, const Ranks& ranks) {
  return [&](const nlohmann::json& task) {
    return caption_own(maker, ranks, requests_of(task), task.at("first").get<std::size_t>(), [](std::size_t) {});
  };
}

/// The next images: two batches a rank, so that a rank reads one while it captions the other.
std::vector<ImageRequest> images_of_round(const Ranks& ranks,
                                          const std::function<std::optional<ImageRequest>()>& next) {
  constexpr std::size_t most_images = 4096;  // where nearly all are done
  const auto most = 2 * static_cast<std::size_t>(image_batch) * static_cast<std::size_t>(ranks.size());
  std::vector<ImageRequest> requests;
  for (std::size_t to_caption = 0; to_caption < most && requests.size() < most_images;) {
    auto request = next();
    if (!request) break;
    if (!request->is_done) ++to_caption;
    requests.push_back(std::move(*request));
  }
  return requests;
}

/// The captions of a round's images, the first of which has this place among all.
std::vector<CaptionedImage> caption_round(const CaptionMaker& maker, const Ranks& ranks,
                                          std::vector<ImageRequest> requests, std::size_t first) {
  ResultsInOrder results(ranks, do_round(ranks, to_task(requests, first), caption_part(maker, ranks)));
  std::vector<CaptionedImage> images;
  for (ImageRequest& request : requests) {
    CaptionResult result = request.is_done ? *request.earlier : results.next(request.path);
    images.push_back({std::move(request), std::move(result)});
  }
  return images;
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
  std::vector<ImageRequest> requests;
  for (const std::string& path : paths) requests.push_back({path});
  std::size_t count = 0;
  const nlohmann::json mine = caption_own(maker, ranks, std::move(requests), 0, [&](std::size_t passed) {
    stop_if_interrupted();
    show_captioned(line, count += passed, paths.size());
  });
  ResultsInOrder results(ranks, gather_json(ranks, mine));
  for (const std::string& path : paths) use(results.next(path));
}

void hand_out_images(const CaptionMaker& maker, const Ranks& ranks,
                     const std::function<std::optional<ImageRequest>()>& next,
                     const std::function<void(std::span<const CaptionedImage>)>& use) {
  if (ranks.is_alone()) return caption_images(maker, next, use);
  std::size_t first = 0;
  for (auto requests = images_of_round(ranks, next); !requests.empty(); requests = images_of_round(ranks, next)) {
    const std::size_t count = requests.size();
    use(caption_round(maker, ranks, std::move(requests), first));
    first += count;
  }
  end_rounds(ranks);
}

void caption_handed_out(const CaptionMaker& maker, const Ranks& ranks) { take_part(ranks, caption_part(maker, ranks)); }

}  // namespace captioner
