#pragma once
// The texts that the server has: its page, and what it says of itself to programs.

#include <array>
#include <string_view>

#include "serve_embedded.hpp"

namespace captioner {

struct Resource {
  std::string_view path;
  const char* type;
  std::string_view text;
};

inline constexpr std::array resources{
    Resource{"/", "text/html; charset=utf-8", embedded::page_html},
    Resource{"/page.css", "text/css; charset=utf-8", embedded::page_css},
    Resource{"/page.js", "text/javascript; charset=utf-8", embedded::page_js},
    Resource{"/attention.js", "text/javascript; charset=utf-8", embedded::attention_js},
    Resource{"/camera.js", "text/javascript; charset=utf-8", embedded::camera_js},
    Resource{"/caption_request.js", "text/javascript; charset=utf-8", embedded::caption_request_js},
    Resource{"/api", "text/plain; charset=utf-8", embedded::openapi_yaml},
};

}  // namespace captioner
