# The target pupil::optional: what pupil's headers use where there is one.
#
#   threads    of parallel_for
#   OpenMP     whose threads it can use instead (PUPIL_THREADS=openmp); set PUPIL_OPENMP to OFF to do without
#   stb        stb_image and stb_image_write, for pupil/io/image.hpp and image_write.hpp
#
# The installed package includes this file too, so all are looked for on the machine and with the compiler of whoever
# includes the headers.
if(TARGET pupil::optional)
  return()
endif()
add_library(pupil::optional INTERFACE IMPORTED)

find_package(Threads QUIET)
if(TARGET Threads::Threads)
  target_link_libraries(pupil::optional INTERFACE Threads::Threads)
endif()

if(NOT DEFINED PUPIL_OPENMP OR PUPIL_OPENMP)
  find_package(OpenMP QUIET COMPONENTS CXX)
  if(TARGET OpenMP::OpenMP_CXX)
    target_link_libraries(pupil::optional INTERFACE OpenMP::OpenMP_CXX)
  endif()
endif()

find_path(PUPIL_STB_INCLUDE_DIR stb/stb_image.h DOC "The folder in which stb/stb_image.h lies")
mark_as_advanced(PUPIL_STB_INCLUDE_DIR)
if(PUPIL_STB_INCLUDE_DIR)
  target_include_directories(pupil::optional INTERFACE ${PUPIL_STB_INCLUDE_DIR})
endif()
