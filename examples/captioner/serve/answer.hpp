#pragma once
// What a request is answered.

#include <optional>
#include <stdexcept>
#include <string>

namespace captioner {

namespace http_status {
inline constexpr int ok = 200, bad_request = 400, forbidden = 403, not_found = 404, method_not_allowed = 405,
                     request_timeout = 408, length_required = 411, too_large = 413, not_supported = 415,
                     cannot_be_read = 422, internal_error = 500, unavailable = 503;
}

/// Thrown where a request is not granted: `what()` says why, in a line.
class Refusal : public std::runtime_error {
 public:
  Refusal(int status, const std::string& reason) : std::runtime_error(reason), status_(status) {}
  int status() const noexcept { return status_; }

 private:
  int status_;
};

/// For those who may come again after so many seconds.
inline constexpr int retry_after_seconds = 1;

}  // namespace captioner
