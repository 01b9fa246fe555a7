# cmake -D objdump=PROGRAM -D object=FILE -P inner_loop.cmake
#
# Holds that the inner loop of NEON's tile is what it was written to be: from the loop's first instruction to its branch
# back, one multiply-add of four numbers for each of the tile's 20 registers of sums, no other arithmetic of numbers, and
# nothing put aside in memory.
cmake_minimum_required(VERSION 3.21)
execute_process(COMMAND ${objdump} -d --no-show-raw-insn --disassemble=multiply_by_neon ${object}
                OUTPUT_VARIABLE code COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "fmla\tv[0-9]+\\.4s" all_fmla "${code}")
list(LENGTH all_fmla count)
if(count LESS 20)
  message(FATAL_ERROR "${count} multiply-adds of four numbers, not 20 or more:\n${code}")
endif()

# The loop lies between the broadcast of its first number and the first branch back behind the multiply-adds.
string(FIND "${code}" "fmla" first)
string(SUBSTRING "${code}" ${first} -1 rest)
string(REGEX MATCH "b\\.(ne|any|lt|gt)[^\n]*" branch "${rest}")
string(FIND "${rest}" "${branch}" last)
string(SUBSTRING "${rest}" 0 ${last} loop)
string(REGEX MATCHALL "fmla\tv[0-9]+\\.4s" in_loop "${loop}")
list(LENGTH in_loop count)
if(NOT count EQUAL 20)
  message(FATAL_ERROR "${count} multiply-adds of four numbers in the loop, not 20:\n${loop}")
endif()
if(loop MATCHES "(fmadd|fmul|fadd|\\[sp)")
  message(FATAL_ERROR "the loop does more than multiply-adds: ${CMAKE_MATCH_1}:\n${loop}")
endif()
