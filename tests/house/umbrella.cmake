# cmake -D include=DIR -P umbrella.cmake
#
# Holds that DIR/pupil/pupil.hpp includes every header of the library, but for those that need MPI and the kernels that
# layers are made of, and nothing else.
cmake_minimum_required(VERSION 3.21)
get_filename_component(include ${include} ABSOLUTE)

file(GLOB_RECURSE headers RELATIVE ${include} ${include}/pupil/*.hpp)
list(REMOVE_ITEM headers pupil/pupil.hpp)
list(FILTER headers EXCLUDE REGEX "^pupil/distributed/")
list(FILTER headers EXCLUDE REGEX "^pupil/kernels/.+/")
list(REMOVE_ITEM headers pupil/kernels/bf16.hpp pupil/kernels/window.hpp)

file(STRINGS ${include}/pupil/pupil.hpp listed REGEX "^#include <pupil/")
list(TRANSFORM listed REPLACE "^#include <(.*)>.*" "\\1")

set(missing ${headers})
list(REMOVE_ITEM missing ${listed})
set(unknown ${listed})
list(REMOVE_ITEM unknown ${headers})
if(missing OR unknown)
  message(FATAL_ERROR "pupil/pupil.hpp does not list: ${missing}; it lists what is not there: ${unknown}")
endif()
