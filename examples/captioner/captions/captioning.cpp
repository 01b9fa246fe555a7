#include "captioning.hpp"

#include <future>
#include <utility>
#include <variant>

#include <pupil/core/parallel.hpp>

#include "../common/image_batches.hpp"
#include "sentence.hpp"

namespace captioner {

namespace {

/// A batch that is read: images to caption, and between them some that are done.
struct ReadBatch {
  std::vector<ImageRequest> requests;
  std::vector<std::string> paths;  ///< of those to caption
  std::optional<ImageBatch> images;
};

/// Reads batches one after another.
class BatchReader {
 public:
  BatchReader(const CaptionMaker& maker, const std::function<std::optional<ImageRequest>()>& next, std::size_t place)
      : formats_(maker.formats()),
        is_drawn_(std::holds_alternative<pupil::captioning::SamplingOptions>(maker.settings())),
        next_(next),
        place_(place) {}

  /// Without requests at the end.
  ReadBatch read() {
    ReadBatch batch;
    std::size_t first = place_;
    while (auto request = next_request()) {
      if (batch.paths.empty()) first = place_;
      ++place_;
      if (!request->is_done) batch.paths.push_back(request->path);
      batch.requests.push_back(std::move(*request));
      if (is_full(batch)) break;
    }
    if (!batch.paths.empty()) batch.images = read_image_batch(first, batch.paths, formats_);
    return batch;
  }

 private:
  /// Does not ask again after the last.
  std::optional<ImageRequest> next_request() {
    if (ended_) return std::nullopt;
    auto request = next_();
    ended_ = !request;
    return request;
  }

  /// What is drawn depends on an image's place among all, so that those of a batch must follow each other. Images that
  /// follow each other are not parted because many before them are done.
  bool is_full(const ReadBatch& batch) const {
    constexpr std::size_t many_requests = 1024;
    const bool is_after_done = batch.requests.back().is_done;
    const bool has_gap = !batch.paths.empty() && is_after_done;
    return batch.paths.size() == image_batch || (batch.requests.size() >= many_requests && is_after_done) ||
           (is_drawn_ && has_gap);
  }

  const std::vector<ImageFormat>& formats_;
  bool is_drawn_;
  const std::function<std::optional<ImageRequest>()>& next_;
  std::size_t place_;
  bool ended_ = false;
};

CaptionResult result_of(const CaptionMaker& maker, const std::string& path, const ImageDescription& description) {
  CaptionResult result{path, {}, {}};
  result.confidence = description.confidence;
  for (const pupil::captioning::FoundCaption& found : description.captions)
    result.captions.push_back(said(maker, found));
  result.caption = result.captions.front().text;
  return result;
}

std::vector<CaptionedImage> captioned(const CaptionMaker& maker, ReadBatch batch) {
  std::vector<ImageDescription> descriptions;
  if (batch.images) descriptions = maker.describe(batch.images->images, static_cast<Index>(batch.images->first));
  std::vector<CaptionedImage> images;
  std::size_t row = 0;
  for (ImageRequest& request : batch.requests) {
    CaptionResult result;
    if (request.is_done) {
      result = *request.earlier;
    } else {
      const std::string& error = batch.images->errors[row];
      result =
          error.empty() ? result_of(maker, request.path, descriptions[row]) : CaptionResult{request.path, {}, error};
      ++row;
    }
    images.push_back({std::move(request), std::move(result)});
  }
  return images;
}

}  // namespace

SaidCaption said(const CaptionMaker& maker, const pupil::captioning::FoundCaption& found) {
  const pupil::captioning::Sentence words = maker.vocabulary().decode(found.words);
  return {pupil::captioning::join(words), as_sentence(words, maker.runs().front().word_forms), found.log_probability};
}

void caption_images(const CaptionMaker& maker, const std::function<std::optional<ImageRequest>()>& next,
                    const std::function<void(std::span<const CaptionedImage>)>& use, std::size_t first) {
  BatchReader reader(maker, next, first);
  const auto read_ahead = [&, threads = pupil::num_threads()] {
    // Where no thread is to be had, it is read when it is wanted.
    return std::async(std::launch::async | std::launch::deferred, [&reader, threads] {
      pupil::set_num_threads(threads);
      return reader.read();
    });
  };
  for (auto coming = read_ahead();;) {
    ReadBatch batch = coming.get();
    if (batch.requests.empty()) return;
    coming = read_ahead();
    use(captioned(maker, std::move(batch)));
  }
}

void caption_files(const CaptionMaker& maker, const std::vector<std::string>& paths,
                   const std::function<void(const CaptionResult&)>& use) {
  std::size_t place = 0;
  const auto next = [&]() -> std::optional<ImageRequest> {
    if (place == paths.size()) return std::nullopt;
    return ImageRequest{paths[place++]};
  };
  caption_images(maker, next, [&](std::span<const CaptionedImage> images) {
    for (const CaptionedImage& image : images) use(image.result);
  });
}

std::vector<std::string> image_paths(const pupil::captioning::CaptionedImages& data, pupil::captioning::Split split) {
  std::vector<std::string> paths;
  for (const pupil::captioning::Sample& sample : data.at(split))
    paths.push_back((data.image_folder / sample.image).string());
  return paths;
}

std::vector<pupil::captioning::Sentence> reference_words(const pupil::captioning::Sample& sample) {
  std::vector<pupil::captioning::Sentence> references;
  for (const std::string& caption : sample.captions) references.push_back(pupil::captioning::tokenize(caption));
  return references;
}

std::optional<std::vector<pupil::captioning::Sentence>> training_captions(
    const pupil::captioning::CaptionedImages& data) {
  const auto& samples = data[pupil::captioning::Split::train];
  if (samples.empty()) return std::nullopt;
  std::vector<pupil::captioning::Sentence> captions;
  for (const pupil::captioning::Sample& sample : samples) {
    for (const std::string& caption : sample.captions) captions.push_back(pupil::captioning::tokenize(caption));
  }
  return captions;
}

}  // namespace captioner
