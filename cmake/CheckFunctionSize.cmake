# cmake -DROOT=dir -P CheckFunctionSize.cmake: no function of more than 60 lines, unless a reason
# stands above it (function_size.awk). Files are those of CheckFileSize.cmake.
cmake_minimum_required(VERSION 3.25)
get_filename_component(ROOT ${ROOT} ABSOLUTE)
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/*.c ${ROOT}/*.h ${ROOT}/*.cpp)
list(FILTER files EXCLUDE REGEX "^(build|\\.git)/")
execute_process(
  COMMAND awk -f ${CMAKE_CURRENT_LIST_DIR}/function_size.awk ${files}
  WORKING_DIRECTORY ${ROOT} RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "function-size: a function is too long: split it by what it does")
endif()
