# cmake -D commands=compile_commands.json -P no_flags_in_commands.cmake
#
# Holds that no compile command has a flag of pupil's own programs in it.
cmake_minimum_required(VERSION 3.21)

file(READ ${commands} text)
if(text MATCHES " (-march|-m[a-z0-9]|-W|-O|-f(sanitize|fast-math|no-))[^ \"]*")
  message(FATAL_ERROR "a consumer's program is compiled with${CMAKE_MATCH_0}")
endif()
if(NOT text MATCHES "-std=(c|gnu)\\+\\+20")
  message(FATAL_ERROR "a consumer's program is not compiled as C++20:\n${text}")
endif()
