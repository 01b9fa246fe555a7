# LibTorch (Debian's libtorch-dev) as the target LibTorch::LibTorch: ATen on the processor, without what a CMake package
# of PyTorch would also look for. LibTorch_FOUND says whether it is there.
find_path(ATEN_INCLUDE_DIR ATen/ATen.h)
find_library(TORCH_CPU_LIBRARY torch_cpu)
find_library(C10_LIBRARY c10)
mark_as_advanced(ATEN_INCLUDE_DIR TORCH_CPU_LIBRARY C10_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS TORCH_CPU_LIBRARY C10_LIBRARY ATEN_INCLUDE_DIR)
if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  set_target_properties(
    LibTorch::LibTorch PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${ATEN_INCLUDE_DIR}
                                  INTERFACE_LINK_LIBRARIES "${TORCH_CPU_LIBRARY};${C10_LIBRARY}")
endif()
