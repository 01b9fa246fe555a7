# cmake -D source=DIR -P one_class_a_name.cmake
#
# Holds that no two classes of the programs below a folder have one name, but in unnamed namespaces: neither compiler nor
# linker says so, and the functions of one are then called for the other.
cmake_minimum_required(VERSION 3.21)

file(GLOB_RECURSE files RELATIVE ${source} ${source}/*.hpp ${source}/*.cpp)
foreach(file IN LISTS files)
  file(STRINGS ${source}/${file} lines REGEX "^(namespace |}  // namespace|(class|struct) [A-Za-z0-9]+.*{$)")
  set(namespaces "")
  foreach(line IN LISTS lines)
    if(line MATCHES "^namespace ([a-z_:]*)")
      list(APPEND namespaces "${CMAKE_MATCH_1}?") # never empty
    elseif(line MATCHES "^}")
      list(POP_BACK namespaces)
    elseif(NOT "?" IN_LIST namespaces AND line MATCHES "^(class|struct) ([A-Za-z0-9]+) ")
      list(JOIN namespaces "" name)
      set(name ${name}${CMAKE_MATCH_2})
      if(DEFINED file_of_${name} AND NOT file_of_${name} STREQUAL file)
        string(REPLACE "?" "::" shown ${name})
        message(SEND_ERROR "${file}: ${shown} is a class of ${file_of_${name}} too")
      endif()
      set(file_of_${name} ${file})
    endif()
  endforeach()
endforeach()
