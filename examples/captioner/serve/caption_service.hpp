#pragma once
// From the bytes of an image to what is said of it, as JSON: for many threads, which share one captioner.

#include <cstddef>
#include <span>
#include <string>

#include <pupil/io/pixels.hpp>

#include "../captions/caption_maker.hpp"
#include "limits.hpp"
#include "places.hpp"

namespace captioner {

class CaptionService {
 public:
  /// As many images are captioned at once as the calling thread has threads; others wait. `maker` must outlive this.
  CaptionService(const CaptionMaker& maker, const ServeLimits& limits);

  /// The object of openapi.yaml, on one line. Throws Refusal for what is no image, cannot be read, or is too large, and
  /// where the turn of this one does not come in time.
  std::string describe(std::span<const std::byte> image);

 private:
  void check_size(std::span<const std::byte> image) const;
  std::string describe(const pupil::captioning::Image& image) const;

  const CaptionMaker& maker_;
  ServeLimits limits_;
  int threads_;
  Places turns_;
};

}  // namespace captioner
