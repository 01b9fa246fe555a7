#pragma once
// Objects a line, for programs to read.

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace captioner {

/// How names of files are written in the output of commands that take any.
inline constexpr std::string_view how_names_are_written =
    "In text, a tab in a name is written \\t, a line end \\n, a backslash \\\\, any other control character \\x and "
    "two\n"
    "digits a byte. JSON is always UTF-8: in a name that is not, each wrong byte is U+FFFD.";

/// The object on one line; text that is not UTF-8, as names of files may be, has its wrong bytes replaced by U+FFFD.
inline std::string json_line(const nlohmann::ordered_json& object) {
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace captioner
