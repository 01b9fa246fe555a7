# cmake -D source=DIR -P format.cmake
#
# Holds that clang-format would change nothing. Its versions format differently, so only the one of Debian 12 counts.
cmake_minimum_required(VERSION 3.21)

find_program(clang_format NAMES clang-format-14 clang-format)
if(clang_format)
  execute_process(COMMAND ${clang_format} --version OUTPUT_VARIABLE version)
endif()
if(NOT version MATCHES "version 14\\.")
  message(STATUS "skipped: there is no clang-format 14")
  return()
endif()

foreach(folder IN ITEMS include examples tests bench)
  file(GLOB_RECURSE found ${source}/${folder}/*.hpp ${source}/${folder}/*.cpp)
  list(APPEND files ${found})
endforeach()
# Sources that are included once for each instruction set; of others clang-format makes nothing good.
file(GLOB found ${source}/include/pupil/kernels/isa/any/*.inc)
list(APPEND files ${found})
execute_process(COMMAND ${clang_format} --dry-run -Werror ${files} RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "clang-format -i is due for the files above")
endif()
