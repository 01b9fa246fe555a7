#pragma once
// Objects a line, for programs to read.

#include <string>

#include <nlohmann/json.hpp>

namespace captioner {

/// The object on one line; text that is not UTF-8, as file names may be, has its wrong bytes replaced.
inline std::string json_line(const nlohmann::ordered_json& object) {
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace captioner
