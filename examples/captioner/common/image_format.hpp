#pragma once
// How a network wants its images.

#include <pupil/core/shape.hpp>
#include <pupil/io/normalization.hpp>

namespace captioner {

using pupil::Index;

struct ImageFormat {
  Index resize_to = 224;   ///< what images are squashed to before their centre is cut out
  Index image_size = 224;  ///< of the centre
  pupil::Normalization normalization = pupil::imagenet_normalization;
  bool mirrored = false;

  bool operator==(const ImageFormat& other) const {
    return resize_to == other.resize_to && image_size == other.image_size && mirrored == other.mirrored &&
           normalization.mean == other.normalization.mean &&
           normalization.standard_deviation == other.normalization.standard_deviation;
  }
};

}  // namespace captioner
