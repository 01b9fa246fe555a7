# cmake -D include=DIR -P umbrella.cmake
#
# Holds that DIR/pupil/pupil.hpp and DIR/pupil/captioning.hpp together list every header of the library once, but for those
# that need MPI and the kernels that layers are made of; and that pupil.hpp includes, also through others, nothing that
# captioning.hpp lists. What captioning.hpp lists is in the namespace pupil::captioning, and nothing else is, so that
# programs that use namespace pupil keep their own Image and Batch.
cmake_minimum_required(VERSION 3.21)
get_filename_component(include ${include} ABSOLUTE)

# Sets `result` to the headers of pupil that `header` includes itself.
function(read_includes header result)
  file(STRINGS ${include}/${header} lines REGEX "^#include <pupil/")
  list(TRANSFORM lines REPLACE "^#include <(.*)>.*" "\\1")
  set(${result} ${lines} PARENT_SCOPE)
endfunction()

read_includes(pupil/pupil.hpp library)
read_includes(pupil/captioning.hpp captioning)
if(NOT "pupil/pupil.hpp" IN_LIST captioning)
  message(FATAL_ERROR "pupil/captioning.hpp does not include pupil/pupil.hpp")
endif()
list(REMOVE_ITEM captioning pupil/pupil.hpp)

file(GLOB_RECURSE missing RELATIVE ${include} ${include}/pupil/*.hpp)
list(REMOVE_ITEM missing pupil/pupil.hpp pupil/captioning.hpp)
list(FILTER missing EXCLUDE REGEX "^pupil/distributed/")
list(FILTER missing EXCLUDE REGEX "^pupil/kernels/.+/")
list(REMOVE_ITEM missing pupil/kernels/window.hpp)
foreach(header IN LISTS library captioning)
  if(NOT header IN_LIST missing)
    message(FATAL_ERROR "pupil.hpp and captioning.hpp list ${header} twice, or it is not there, or not for programs")
  endif()
  list(REMOVE_ITEM missing ${header})
endforeach()
if(missing)
  message(FATAL_ERROR "neither pupil/pupil.hpp nor pupil/captioning.hpp lists ${missing}")
endif()

set(seen "")
set(left ${library})
while(left)
  list(POP_FRONT left header)
  if(header IN_LIST captioning)
    message(FATAL_ERROR "pupil/pupil.hpp includes ${header} through others, which captioning.hpp lists")
  endif()
  list(APPEND seen ${header})
  read_includes(${header} included)
  list(APPEND left ${included})
  list(REMOVE_ITEM left ${seen})
  list(REMOVE_DUPLICATES left)
endwhile()

file(GLOB_RECURSE headers RELATIVE ${include} ${include}/pupil/*.hpp)
foreach(header IN LISTS headers)
  file(STRINGS ${include}/${header} namespaces REGEX "^namespace pupil")
  set(of_captioning ${namespaces})
  list(FILTER of_captioning INCLUDE REGEX "^namespace pupil::captioning( |::)")
  if(header IN_LIST captioning AND NOT of_captioning STREQUAL namespaces)
    message(FATAL_ERROR "captioning.hpp lists ${header}, which has names outside of namespace pupil::captioning")
  elseif(NOT header IN_LIST captioning AND of_captioning)
    message(FATAL_ERROR "${header} has names in namespace pupil::captioning, but captioning.hpp does not list it")
  endif()
endforeach()
