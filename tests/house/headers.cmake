# Every header compiles alone under pupil's warnings, and without use of a macro that it does not include. Only the syntax
# is checked: no code, no objects.
#
# What takes long is to read, for each header again, what it includes. So some headers that many others include are
# precompiled, and a header starts from the largest of them that it includes itself, at any depth. It sees no more than it
# would see alone: whatever it lacks is missing there too, and a precompiled header was tested in the same way. Who
# includes whom is read when the build is configured, so a header that changes configures it anew.
set(pupil_hpp_flags ${development_flags})
list(FILTER pupil_hpp_flags EXCLUDE REGEX "^SHELL:|sanitize") # of code, which there is none of
set(compile_pupil_hpp ${CMAKE_CXX_COMPILER} -std=c++20 ${pupil_hpp_flags} -Wundef -I ${include_dir}
                      -isystem ${eigen_include_dirs})

# Single headers are read by Clang where it is found: it loads what was precompiled sooner, with the templates that this
# uses instantiated already. What a header lacks it lacks for both compilers; what GCC alone warns of it finds in captioning.hpp.
find_program(PUPIL_COMPILER_Clang clang++)
if(PUPIL_COMPILER_Clang AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(compile_header ${PUPIL_COMPILER_Clang} -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Wundef
                     -I ${include_dir} -isystem ${eigen_include_dirs})
  if(PUPIL_NATIVE)
    list(APPEND compile_header -march=native)
  endif()
  execute_process(COMMAND ${PUPIL_COMPILER_Clang} -fopenmp -fsyntax-only -include omp.h -x c++ /dev/null
                  RESULT_VARIABLE clang_lacks_openmp OUTPUT_QUIET ERROR_QUIET)
  if(openmp_flags AND NOT clang_lacks_openmp)
    list(APPEND compile_header -fopenmp)
  endif()
else()
  set(compile_header ${compile_pupil_hpp} ${openmp_flags})
endif()
set(precompile_header ${compile_header})
if(PUPIL_COMPILER_Clang)
  list(APPEND precompile_header -fpch-instantiate-templates)
else()
  list(APPEND compile_header -Winvalid-pch) # a precompiled header that cannot be used is an error
endif()

# Small ones first: of those that a header includes it takes the last.
set(precompiled_headers
    core/errors.hpp
    core/shape.hpp
    core/processors.hpp
    core/tensor.hpp
    kernels/isa/portable/channel_groups.hpp
    kernels/pointwise/lanes.hpp
    io/safetensors.hpp
    kernels/pool/pool2d.hpp
    optim/optimizer.hpp
    data/image_lookup.hpp
    kernels/isa/arguments/tile.hpp
    kernels/gemm/packed_right.hpp
    kernels/isa/amx/gemm_tile.hpp
    kernels/gemm/gemm.hpp
    nn/conv2d_norm_activation.hpp
    models/spoken_steps.hpp
    models/captioner.hpp)

file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${include_dir}/pupil ${include_dir}/*.hpp)
list(REMOVE_ITEM headers pupil.hpp captioning.hpp)
if(NOT is_arm64)
  list(FILTER headers EXCLUDE REGEX "^kernels/isa/neon/") # which wants ARM's compiler; tools/test arm64 has it
endif()
if(TARGET pupil::distributed)
  list(TRANSFORM MPI_CXX_INCLUDE_DIRS PREPEND -isystem OUTPUT_VARIABLE mpi_include_dirs)
  list(APPEND compile_header ${mpi_include_dirs})
else()
  list(FILTER headers EXCLUDE REGEX "^distributed/")
endif()
foreach(header IN LISTS headers)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${include_dir}/pupil/${header})
  file(STRINGS ${include_dir}/pupil/${header} lines REGEX "^#include <pupil/")
  list(TRANSFORM lines REPLACE "^#include <pupil/(.*)>.*" "\\1" OUTPUT_VARIABLE included_by_${header})
endforeach()

# Sets `result` to the headers that include `header`, directly or through others.
function(find_includers header result)
  set(found "")
  set(new ${header})
  while(new)
    set(of_last_round ${new})
    set(new "")
    foreach(other IN LISTS headers)
      foreach(included IN LISTS included_by_${other})
        if(included IN_LIST of_last_round AND NOT other IN_LIST found)
          list(APPEND found ${other})
          list(APPEND new ${other})
          break()
        endif()
      endforeach()
    endforeach()
  endwhile()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# A precompiled header lies beside a file that only includes it, under the name by which the compiler looks for it.
set(precompiled_dir ${CMAKE_CURRENT_BINARY_DIR}/precompiled)
foreach(header IN LISTS precompiled_headers)
  find_includers(${header} includers)
  foreach(includer IN LISTS includers)
    set(start_of_${includer} ${header})
  endforeach()

  file(CONFIGURE OUTPUT ${precompiled_dir}/${header} CONTENT "#include <pupil/${header}>\n")
  add_test(NAME header/${header} COMMAND ${precompile_header} -x c++-header ${precompiled_dir}/${header}
                                         -o ${precompiled_dir}/${header}.gch)
  set_tests_properties(header/${header} PROPERTIES LABELS header FIXTURES_SETUP precompiled/${header})
endforeach()

foreach(header IN LISTS headers)
  if(header IN_LIST precompiled_headers)
    continue()
  endif()
  set(start "")
  if(DEFINED start_of_${header})
    set(start -include ${precompiled_dir}/${start_of_${header}})
  endif()
  add_test(NAME header/${header} COMMAND ${compile_header} -fsyntax-only ${start}
                                         -include pupil/${header} -x c++ /dev/null)
  set_tests_properties(header/${header} PROPERTIES LABELS header)
  if(start)
    set_tests_properties(header/${header} PROPERTIES FIXTURES_REQUIRED precompiled/${start_of_${header}})
  endif()
endforeach()

# They are large, so the last test that needs them is followed by one that removes them.
list(TRANSFORM precompiled_headers PREPEND precompiled/ OUTPUT_VARIABLE fixtures)
list(TRANSFORM precompiled_headers REPLACE "(.+)" "${precompiled_dir}/\\1.gch" OUTPUT_VARIABLE files)
add_test(NAME header/remove_precompiled COMMAND ${CMAKE_COMMAND} -E rm -f ${files})
set_tests_properties(header/remove_precompiled PROPERTIES LABELS header FIXTURES_CLEANUP "${fixtures}")

# Compile time is a feature. The whole library is read in about 4.9 times the processor time that <Eigen/Dense> takes,
# without what was precompiled; what else runs meanwhile slows both.
add_test(NAME header/pupil.hpp
         COMMAND ${compile_time_ratio} 7.5 ${include_dir}/pupil/pupil.hpp /dev/null
                 ${compile_pupil_hpp} ${openmp_flags} -fsyntax-only)
add_test(NAME header/captioning.hpp
         COMMAND ${compile_pupil_hpp} ${openmp_flags} -fsyntax-only -include pupil/captioning.hpp -x c++ /dev/null)
add_test(NAME header/captioning.hpp_without_openmp
         COMMAND ${compile_pupil_hpp} -fsyntax-only -include pupil/captioning.hpp -x c++ /dev/null)
set_tests_properties(header/pupil.hpp header/captioning.hpp header/captioning.hpp_without_openmp PROPERTIES LABELS header)
