#pragma once
// Answers beside those of the captioner, and what stands at the head of all.

#include <string>
#include <string_view>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "answer.hpp"

namespace captioner {

inline constexpr const char* json_type = "application/json";

inline std::string error_json(std::string_view reason) {
  return nlohmann::json{{"error", reason}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

inline void refuse(httplib::Response& response, int status, std::string_view reason) {
  response.status = status;
  response.set_content(error_json(reason), json_type);
  if (status == http_status::unavailable) response.set_header("Retry-After", std::to_string(retry_after_seconds));
}

/// An answer that is written past cpp-httplib.
inline std::string whole_answer(std::string_view status_line, std::string_view reason) {
  const std::string body = error_json(reason);
  return "HTTP/1.1 " + std::string(status_line) + "\r\nContent-Type: " + json_type +
         "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nRetry-After: " + std::to_string(retry_after_seconds) + "\r\nConnection: close\r\n\r\n" + body;
}

/// Nothing from elsewhere is loaded or run, nobody else's page shows this one or reads its answers.
inline httplib::Headers headers_of_all_answers() {
  return {{"Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
           "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Cache-Control", "no-store"}};
}

}  // namespace captioner
