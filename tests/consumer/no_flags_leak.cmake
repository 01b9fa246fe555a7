# Holds, while a consumer is configured, that it gets no flags with pupil::pupil: its own flags and OpenMP's are all.
foreach(property IN ITEMS INTERFACE_COMPILE_OPTIONS INTERFACE_COMPILE_DEFINITIONS INTERFACE_LINK_OPTIONS)
  get_target_property(value pupil::pupil ${property})
  if(value)
    message(FATAL_ERROR "pupil::pupil gives its consumers ${property} ${value}")
  endif()
endforeach()

# What the libraries behind pupil::pupil add is only known once the build files are written, so the build looks again.
set_target_properties(consumer PROPERTIES EXPORT_COMPILE_COMMANDS ON)
add_custom_command(
  TARGET consumer
  POST_BUILD
  COMMAND ${CMAKE_COMMAND} -D commands=${CMAKE_BINARY_DIR}/compile_commands.json -P
          ${CMAKE_CURRENT_LIST_DIR}/no_flags_in_commands.cmake)
