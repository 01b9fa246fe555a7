# The target pupil::distributed: pupil::pupil, and the MPI that pupil/distributed/ needs. Where there is no MPI, or where
# PUPIL_MPI is OFF, there is no such target. MPI's C interface is all that is used, but its C++ compiler knows it too, so
# no project has to enable C.
#
# The installed package includes this file too, as it does pupilOptional.cmake.
if(TARGET pupil::distributed OR (DEFINED PUPIL_MPI AND NOT PUPIL_MPI))
  return()
endif()

set(MPI_CXX_SKIP_MPICXX ON) # the C++ bindings, which MPI 3 no longer has
find_package(MPI QUIET COMPONENTS CXX)
if(TARGET MPI::MPI_CXX)
  add_library(pupil::distributed INTERFACE IMPORTED GLOBAL)
  target_link_libraries(pupil::distributed INTERFACE pupil::pupil MPI::MPI_CXX)
endif()
