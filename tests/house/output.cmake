# cmake -D source=DIR -P output.cmake
#
# Holds that the programs below a folder write to standard output by write_output alone, which checks that it was
# written; but for the small examples, which stand alone for others to copy.
cmake_minimum_required(VERSION 3.21)

file(GLOB_RECURSE files ${source}/*.hpp ${source}/*.cpp)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME)
  if(name STREQUAL "standard_streams.hpp" OR file MATCHES "/examples/(caption_one|char_lstm|digits|own_layer|seq2seq|threads|torch_weights|unet)/")
    continue()
  endif()
  file(STRINGS ${file} lines REGEX "std::(cout|printf|puts|putchar|print)[^a-z_]|[( ]stdout[,)]")
  if(lines)
    message(SEND_ERROR "${file}: writes to standard output without write_output: ${lines}")
  endif()
endforeach()
