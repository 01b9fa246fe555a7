# `cmake --install` copies the headers, a package that find_package(pupil) finds, and pupil.pc for pkg-config. All are the same on every machine,
# so the package lies under share/ and takes any pointer size.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/pupil)

install(TARGETS pupil EXPORT pupilTargets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/pupil DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN *.hpp PATTERN *.inc)
install(EXPORT pupilTargets NAMESPACE pupil:: DESTINATION ${package_dir})

# pupil.pc finds the headers from where it lies itself, so the prefix may be chosen, and moved, after it is written.
set(pkgconfig_dir ${CMAKE_INSTALL_DATADIR}/pkgconfig)
file(RELATIVE_PATH prefix_from_pc /prefix/${pkgconfig_dir} /prefix)
string(REGEX REPLACE "/$" "" prefix_from_pc ${prefix_from_pc})
configure_file(${CMAKE_CURRENT_LIST_DIR}/pupil.pc.in ${PROJECT_BINARY_DIR}/pupil.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pupil.pc DESTINATION ${pkgconfig_dir})

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
