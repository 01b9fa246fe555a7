#pragma once
// Whether a request to a server on this machine comes from where it should.
//
// Any web page that a browser on this machine shows can send requests to 127.0.0.1. It cannot read the answers, unless
// the name of its own site is made to mean 127.0.0.1 after it was loaded (DNS rebinding); then the requests name that
// site as their host.

#include <string>
#include <string_view>

namespace captioner {

/// Whether the header Host names this machine: localhost, 127.0.0.1 or [::1], with any port, for a tunnel may have
/// another one than the server.
inline bool is_this_machine(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
  if (has_port && host.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) return false;
  const std::string_view name = host.substr(0, has_port ? colon : host.size());
  return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

/// Whether the header Origin, which browsers send with what they post, names the page of the server itself. Programs
/// send none.
inline bool is_same_origin(const std::string& origin, const std::string& host) {
  return origin.empty() || origin == "http://" + host;
}

}  // namespace captioner
