#pragma once
// The image in the body of a request.

#include <string>

#include <httplib.h>

#include "answer.hpp"
#include "limits.hpp"
#include "request_checks.hpp"

namespace captioner {

/// Has the file in a form added. Returns whether the form was whole.
inline bool read_form(const httplib::ContentReader& reader, const httplib::ContentReceiver& add) {
  int files = 0;
  bool is_file = false;
  const bool whole = reader(
      [&](const httplib::MultipartFormData& part) {
        is_file = !part.filename.empty() || part.name == "image";
        files += is_file ? 1 : 0;
        return true;
      },
      [&](const char* data, size_t size) { return !is_file || files > 1 || add(data, size); });
  if (files > 1) throw Refusal(http_status::cannot_be_read, "there is more than one image in the request");
  return whole;
}

/// The body, or that part of a form that is a file. Throws Refusal where there is none, or not all of it.
inline std::string read_image(const httplib::Request& request, const httplib::ContentReader& reader,
                              const ServeLimits& limits) {
  std::string image;
  bool too_large = false;
  const auto add = [&](const char* data, size_t size) {
    too_large = image.size() + size > static_cast<std::size_t>(limits.bytes);
    if (!too_large) image.append(data, size);
    return !too_large;
  };
  const bool whole = request.is_multipart_form_data() ? read_form(reader, add) : reader(add);
  if (too_large) throw Refusal(http_status::too_large, too_many_bytes(limits));
  if (!whole) throw Refusal(http_status::bad_request, "the request ends early, or is not as its headers say");
  if (image.empty()) throw Refusal(http_status::cannot_be_read, "there is no image in the request");
  return image;
}

}  // namespace captioner
