# cmake -D source=DIR -P example_lines.cmake
#
# Holds that the table of examples in the library's guide has the number of lines of each, and of its twin by LibTorch:
# those that are neither blank nor a comment alone. And that all of pupil's together are at most a tenth longer.
cmake_minimum_required(VERSION 3.21)

# Sets `result` to how many lines of code `file` has.
function(count_lines file result)
  file(READ ${file} text)
  string(REGEX REPLACE "[][;]" "x" text "${text}")  # which would make and join elements of lists
  string(REGEX REPLACE "\n" ";" lines "${text}")
  list(FILTER lines EXCLUDE REGEX "^[ \t]*(//.*)?$")
  list(LENGTH lines count)
  set(${result} ${count} PARENT_SCOPE)
endfunction()

file(READ ${source}/include/pupil/README.md guide)
file(GLOB twins ${source}/tests/examples/libtorch/*.cpp)
set(ours 0)
set(theirs 0)
foreach(twin IN LISTS twins)
  get_filename_component(name ${twin} NAME_WE)
  count_lines(${source}/examples/${name}/main.cpp own_lines)
  count_lines(${twin} twin_lines)
  math(EXPR ours "${ours} + ${own_lines}")
  math(EXPR theirs "${theirs} + ${twin_lines}")
  if(NOT guide MATCHES "\n\\| ${name} \\| ${own_lines} \\| ${twin_lines} \\|")
    message(SEND_ERROR "the guide's table does not say that ${name} has ${own_lines} lines, and ${twin_lines} by LibTorch")
  endif()
endforeach()
if(NOT guide MATCHES "\n\\| all \\| ${ours} \\| ${theirs} \\|")
  message(SEND_ERROR "the guide's table does not say that all have ${ours} lines, and ${theirs} by LibTorch")
endif()
math(EXPR most "${theirs} * 11 / 10")
if(ours GREATER most)
  message(SEND_ERROR "the examples have ${ours} lines, more than a tenth above the ${theirs} of their twins")
endif()
