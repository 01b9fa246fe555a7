#pragma once
// What is held against a request by its headers, before its body is read.

#include <algorithm>
#include <cstdint>
#include <string>

#include <httplib.h>

#include <pupil/core/errors.hpp>

#include "answer.hpp"
#include "limits.hpp"
#include "request_origin.hpp"
#include "resources.hpp"

namespace captioner {

inline constexpr const char* caption_path = "/api/caption";

/// The bytes that an image may have around it in a request.
inline constexpr std::int64_t envelope_bytes = 65536;

inline std::string too_many_bytes(const ServeLimits& limits) {
  return pupil::message("the image has more than ", limits.bytes, " bytes, the most that is taken");
}

/// Throws Refusal where the request is meant for another machine, or comes from a page of another site.
inline void require_known_origin(const httplib::Request& request) {
  const std::string host = request.get_header_value("Host");
  if (request.get_header_value_count("Host") != 1 || !is_this_machine(host)) {
    throw Refusal(http_status::forbidden, "the host of a request has to be localhost or 127.0.0.1");
  }
  if (!is_same_origin(request.get_header_value("Origin"), host)) {
    throw Refusal(http_status::forbidden, "pages of other sites may not use this server");
  }
}

/// Throws Refusal where there is nothing at its path, or nothing that takes its method.
inline void require_known_place(const httplib::Request& request) {
  const bool is_caption = request.path == caption_path;
  const bool is_text =
      std::ranges::any_of(resources, [&](const Resource& resource) { return resource.path == request.path; });
  if (!is_caption && !is_text) throw Refusal(http_status::not_found, "there is no such page; see /api");
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  const bool fits = is_caption ? request.method == "POST" : is_read;
  if (!fits) throw Refusal(http_status::method_not_allowed, "this page does not take " + request.method);
}

/// Throws Refusal where the headers say of the body what cannot be taken.
inline void require_plausible_body(const httplib::Request& request, const ServeLimits& limits) {
  if (request.method != "POST") return;
  if (request.has_header("Content-Encoding")) {
    throw Refusal(http_status::not_supported, "compressed requests are not read");
  }
  const bool has_length = request.has_header("Content-Length");
  if (!has_length && !request.has_header("Transfer-Encoding")) {
    throw Refusal(http_status::length_required, "the request does not say how long it is");
  }
  const std::string length = request.get_header_value("Content-Length");
  if (has_length && (length.empty() || length.find_first_not_of("0123456789") != std::string::npos)) {
    throw Refusal(http_status::bad_request, "Content-Length is not a number");
  }
  constexpr std::size_t most_digits = 15;
  const std::int64_t most = limits.bytes + (request.is_multipart_form_data() ? envelope_bytes / 2 : 0);
  if (length.size() > most_digits || (has_length && std::stoll(length) > most)) {
    throw Refusal(http_status::too_large, too_many_bytes(limits));
  }
}

}  // namespace captioner
