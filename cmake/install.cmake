# `cmake --install` copies the headers and a package that find_package(pupil) finds. Both are the same on every machine,
# so the package lies under share/ and takes any pointer size.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/pupil)

install(TARGETS pupil EXPORT pupilTargets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/pupil DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN *.hpp PATTERN *.inc)
install(EXPORT pupilTargets NAMESPACE pupil:: DESTINATION ${package_dir})

# The compiled form is a library for one kind of processor, so its part of the package lies beside it.
set(compiled_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pupil)
if(PUPIL_COMPILED)
  install(TARGETS pupil_compiled EXPORT pupilCompiledTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT pupilCompiledTargets NAMESPACE pupil:: DESTINATION ${compiled_package_dir})
endif()

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/pupilConfig.cmake.in ${PROJECT_BINARY_DIR}/pupilConfig.cmake
  INSTALL_DESTINATION ${package_dir}
  PATH_VARS compiled_package_dir)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pupilConfigVersion.cmake COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/pupilConfig.cmake ${PROJECT_BINARY_DIR}/pupilConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/pupilOptional.cmake ${CMAKE_CURRENT_LIST_DIR}/pupilDistributed.cmake
        DESTINATION ${package_dir})
