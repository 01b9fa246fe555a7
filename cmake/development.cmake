# The target pupil_development: flags for pupil's own programs. They link it privately and it is not installed, so none
# of its flags reaches a consumer.
set(development_flags "")
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  list(APPEND development_flags -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
  if(PUPIL_WARNINGS_AS_ERRORS)
    list(APPEND development_flags -Werror)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 takes `"a" + std::string` for a copy onto itself, here and there, at -O3 (GCC bug 105651). Clang is in CI too.
    list(APPEND development_flags -Wno-restrict)
  endif()
  if(PUPIL_NATIVE)
    list(APPEND development_flags -march=native)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # GCC takes its own AVX-512 headers for reading what was not written (GCC bug 105593), and where the processor has
      # them, Eigen uses them at every exp, min and max. Pupil's own kernels do without such forms, so all other builds warn.
      list(APPEND development_flags -Wno-uninitialized -Wno-maybe-uninitialized)
      if(CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12 AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        # GCC 12 with AVX-512 copies a constant such as the four doubles {1, 1, 0, 0} as {1, 1, 1, 1}, unless it copies
        # no more than 16 bytes at once. tests/core/tensor_test.cpp holds that.
        list(APPEND development_flags -mmove-max=128 -mstore-max=128)
      endif()
    endif()
  endif()
  if(PUPIL_SANITIZE)
    # A sanitizer that only prints lets a test pass; this one ends the program. What AddressSanitizer or the processor
    # finds anyway is not looked for a second time at every access: that more than doubles the time to compile.
    list(APPEND development_flags -fsanitize=${PUPIL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
         -fno-sanitize=null,alignment,object-size,pointer-overflow,vptr,function)
  endif()
endif()

list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR}) # for FindLibTorch.cmake, FindOneDNN.cmake
set(CMAKE_CXX_EXTENSIONS OFF)
add_library(pupil_development INTERFACE)
target_link_libraries(pupil_development INTERFACE pupil::pupil)
target_compile_options(pupil_development INTERFACE ${development_flags})
if(PUPIL_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # A target whose property INLINE_CHECKS is on has its own AddressSanitizer checks at every access: what computes then
  # takes a third less time. Others call them: they take a fifth less time to compile.
  target_compile_options(
    pupil_development
    INTERFACE
      "$<$<NOT:$<BOOL:$<TARGET_PROPERTY:INLINE_CHECKS>>>:SHELL:-mllvm -asan-instrumentation-with-call-threshold=0>")
endif()
cmake_host_system_information(RESULT memory_in_mib QUERY TOTAL_PHYSICAL_MEMORY)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND memory_in_mib GREATER 12000)
  # GCC collects garbage from 128 MB on; where it may use 2 GB first, a source takes a tenth to a fifth less time.
  target_compile_options(pupil_development INTERFACE "SHELL:--param ggc-min-heapsize=2000000")
endif()
if(PUPIL_SANITIZE)
  target_link_options(pupil_development INTERFACE -fsanitize=${PUPIL_SANITIZE})
endif()
