# cmake -D caption_one=PROGRAM -D captioner=PROGRAM -D model=FILE -D photographs=FOLDER -P says_the_same.cmake
#
# Holds that examples/caption_one says of every photograph what `captioner caption` says.
cmake_minimum_required(VERSION 3.21)

file(GLOB images ${photographs}/*.jpg)
if(NOT images)
  message(FATAL_ERROR "no photograph in ${photographs}")
endif()
foreach(image IN LISTS images)
  execute_process(COMMAND ${caption_one} ${model} ${image} OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${captioner} caption --run ${model} ${image} OUTPUT_VARIABLE line COMMAND_ERROR_IS_FATAL ANY)
  if(NOT line STREQUAL "${image}\t${said}")
    message(FATAL_ERROR "of ${image} caption_one says ${said}captioner says ${line}")
  endif()
endforeach()

# What cannot be captioned is an error that names it.
execute_process(COMMAND ${caption_one} ${model} absent.jpg RESULT_VARIABLE status ERROR_VARIABLE error OUTPUT_QUIET)
if(NOT status EQUAL 2 OR NOT error MATCHES "^caption_one: absent.jpg")
  message(FATAL_ERROR "of an absent file it says, with status ${status}: ${error}")
endif()
