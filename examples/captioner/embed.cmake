# cmake -D files=NAME=FILE,... -D namespace=NAMESPACE -D out=HEADER -P embed.cmake
#
# Writes a header that holds the texts of files, each as a constant of that name.
cmake_minimum_required(VERSION 3.21)

set(header "#pragma once\n// Made by embed.cmake.\n\n#include <string_view>\n\nnamespace ${namespace} {\n\n")
string(REPLACE "," ";" files "${files}")
foreach(pair IN LISTS files)
  string(REGEX MATCH "^([^=]+)=(.+)$" pair "${pair}")
  set(name "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" text)
  string(APPEND header "inline constexpr std::string_view ${name} = R\"embedded(${text})embedded\";\n\n")
endforeach()
string(APPEND header "}  // namespace ${namespace}\n")
file(WRITE "${out}" "${header}")
