#include "caption_service.hpp"

#include <chrono>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/io/encoded_image_size.hpp>
#include <pupil/io/image.hpp>
#include <pupil/io/image_view.hpp>

#include "../common/json_line.hpp"
#include "answer.hpp"
#include "description_json.hpp"

namespace captioner {

namespace {

constexpr std::string_view image_name = "image";

/// What `read()` returns; its FileError as a refusal.
template <class Read>
auto read_or_refuse(int status, const Read& read) {
  try {
    return read();
  } catch (const pupil::FileError& error) {
    throw Refusal(status, error.what());
  }
}

}  // namespace

CaptionService::CaptionService(const CaptionMaker& maker, const ServeLimits& limits)
    : maker_(maker), limits_(limits), threads_(pupil::num_threads()), turns_(threads_) {}

std::string CaptionService::describe(std::span<const std::byte> image) {
  check_size(image);
  const auto turn = turns_.take(std::chrono::duration<double>(limits_.seconds));
  if (!turn) throw Refusal(http_status::unavailable, "too many images are waiting for their captions; try again soon");
  pupil::set_num_threads(threads_);  // those of the thread that this one is
  return describe(
      read_or_refuse(http_status::cannot_be_read, [&] { return pupil::captioning::decode_image(image, image_name); }));
}

void CaptionService::check_size(std::span<const std::byte> image) const {
  read_or_refuse(http_status::not_supported, [&] { return pupil::captioning::image_kind(image, image_name); });
  const auto size = read_or_refuse(http_status::cannot_be_read,
                                   [&] { return pupil::captioning::encoded_image_size(image, image_name); });
  if (size.height * size.width <= limits_.pixels) return;
  throw Refusal(http_status::too_large, pupil::message("the image has ", size.width, " x ", size.height,
                                                       " pixels; more than ", limits_.pixels, " are not taken"));
}

std::string CaptionService::describe(const pupil::captioning::Image& image) const {
  std::vector<pupil::Tensor<float, 4>> formatted;
  for (const ImageFormat& format : maker_.formats()) {
    formatted.push_back(pupil::captioning::single_image(image, format.resize_to, format.image_size,
                                                        format.normalization, format.mirrored));
  }
  const auto [description, attention] = maker_.describe_with_attention(formatted);
  return json_line(description_json(description, attention, maker_)) + "\n";
}

}  // namespace captioner
