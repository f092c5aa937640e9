# cmake -DROOT=dir -DWORK=dir -DCC=cc [-DCXX=c++] -P CheckHeaders.cmake
# Every public header compiles alone, twice in a row, as C11 and as C++17, with the sharpest
# warnings.
cmake_minimum_required(VERSION 3.25)
set(failures 0)

function(compile header source)
  execute_process(
    COMMAND ${ARGN} -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror -fsyntax-only
            -I${ROOT}/model/include ${source}
    ERROR_VARIABLE text RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(NOTICE "${header} does not compile alone with ${ARGN}:\n${text}")
    math(EXPR failures "${failures} + 1")
    set(failures ${failures} PARENT_SCOPE)
  endif()
endfunction()

file(GLOB headers RELATIVE ${ROOT}/model/include ${ROOT}/model/include/smmu/*.h)
list(LENGTH headers count)
foreach(header IN LISTS headers)
  string(MAKE_C_IDENTIFIER ${header} name)
  set(text "#include \"${header}\"\n")
  string(APPEND text "${text}extern int ${name};\nint ${name} = 0;\n")
  file(WRITE ${WORK}/${name}.c "${text}")
  file(WRITE ${WORK}/${name}.cpp "${text}")
  compile(${header} ${WORK}/${name}.c ${CC} -std=c11)
  if(CXX)
    compile(${header} ${WORK}/${name}.cpp ${CXX} -std=c++17)
  endif()
endforeach()
if(failures)
  message(FATAL_ERROR "headers: ${failures} failures in ${count} public headers")
endif()
message(NOTICE "headers: ${count} public headers compile alone")
