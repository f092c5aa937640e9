# cmake -DWORK=dir -P CheckFunctionSizeTest.cmake: the check of function sizes accepts 60 lines,
# rejects 61 in every kind of function, and takes a reason for one function alone.
cmake_minimum_required(VERSION 3.25)
set(failures 0)
string(REPEAT "  f();\n" 59 most)
set(over "${most}  f();\n")

# check(wanted_text file text): a tree with this one file; wanted_text is "" for a clean tree.
function(check wanted file text)
  file(REMOVE_RECURSE ${WORK})
  file(WRITE ${WORK}/${file} "${text}")
  execute_process(
    COMMAND ${CMAKE_COMMAND} -DROOT=${WORK} -P ${CMAKE_CURRENT_LIST_DIR}/CheckFunctionSize.cmake
    OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE status)
  if(wanted STREQUAL "" AND NOT status EQUAL 0)
    message(NOTICE "rejected, though allowed: ${file}\n${output}")
    math(EXPR failures "${failures} + 1")
  elseif(NOT wanted STREQUAL "" AND (status EQUAL 0 OR NOT output MATCHES "${wanted}"))
    message(NOTICE "not rejected with '${wanted}': ${file}\n${output}")
    math(EXPR failures "${failures} + 1")
  endif()
  set(failures ${failures} PARENT_SCOPE)
endfunction()

set(reason "// NOLINTNEXTLINE(readability-function-size)")
check("" a.c "void g(void)\n{\n${most}}\n")
check("a.c:2: 61 lines" a.c "void g(void)\n{\n${over}}\n")
check("a.c:3: 61 lines" a.c "static void g(int a,\n              int b)\n{\n${over}}\n")
check("a.c:5: 61 lines" a.c "void e(void)\n{\n}\nTEST_CASE(Suite, Name)\n{\n${over}}\n")
check("a.h:2: 61 lines" a.h "static inline void g(void)\n{\n${over}}\n")
check("a.cpp:4: 61 lines" a.cpp "struct s {\n  s() = default\;\n  void g() const\n  {\n${over}  }\n}\;\n")
check("" a.c "int rows[] =\n{\n${over}}\;\n")
check("" a.c "${reason}: one row a line\nvoid g(void)\n{\n${over}}\n")
check("" a.c "${reason}: one row a line\nvoid g(int a,\n       int b)\n{\n${over}}\n")
check("" a.cpp "struct s {\n  ${reason}: x\n  void g(int a,\n         int b)\n  {\n${over}  }\n}\;\n")
check("a.c:3: 61 lines" a.c "${reason}\nvoid g(void)\n{\n${over}}\n")
check("a.c:6: 61 lines" a.c "${reason}: x\nvoid e(void)\n{\n}\nvoid g(void)\n{\n${over}}\n")

file(REMOVE_RECURSE ${WORK})
if(failures)
  message(FATAL_ERROR "function-size-test: ${failures} failures")
endif()
