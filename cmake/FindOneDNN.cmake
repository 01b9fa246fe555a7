# oneDNN (Debian's libdnnl-dev) as the target OneDNN::OneDNN. Its own CMake package ends with an error where there is no
# OpenCL, which only graphics cards need. OneDNN_FOUND says whether it is there.
find_path(ONEDNN_INCLUDE_DIR dnnl.hpp)
find_library(ONEDNN_LIBRARY dnnl)
mark_as_advanced(ONEDNN_INCLUDE_DIR ONEDNN_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OneDNN REQUIRED_VARS ONEDNN_LIBRARY ONEDNN_INCLUDE_DIR)
if(OneDNN_FOUND AND NOT TARGET OneDNN::OneDNN)
  add_library(OneDNN::OneDNN INTERFACE IMPORTED)
  set_target_properties(OneDNN::OneDNN PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${ONEDNN_INCLUDE_DIR}
                                                  INTERFACE_LINK_LIBRARIES ${ONEDNN_LIBRARY})
endif()
