# cmake [-DROOT=dir] -P cmake/CheckLayers.cmake: greps every #include and fails on one that the
# table in Layers.cmake forbids.
#
# Rules:
#   - "row/file" is allowed when row is visible to the including row; "smmu/file" is visible to all
#   - "file" without a directory must lie beside the including file
#   - ".." is never allowed
#   - public headers include public headers and the C standard library only
#   - the core knows no time, I/O or malloc; arch and util know no operating system; neither core nor
#     arch calls printf, malloc, exit and the like (snprintf is fine)
#   - C++ sources live in tlm/, examples/tlm_platform/, bench/, tests/shim/ and tests/tlm/ alone
#   - tests may include everything, and name it by its layer
cmake_minimum_required(VERSION 3.25)
if(NOT ROOT)
  set(ROOT ${CMAKE_CURRENT_LIST_DIR}/..)
endif()
get_filename_component(ROOT ${ROOT} ABSOLUTE)
include(${CMAKE_CURRENT_LIST_DIR}/Layers.cmake)

get_property(all_layers GLOBAL PROPERTY smmu_layers)
set(violations 0)
set(checked 0)
set(pure_headers
  assert ctype errno inttypes limits stdalign stdarg stdbool stddef stdint stdnoreturn string)
set(c_standard_headers
  ${pure_headers} complex fenv float iso646 locale math setjmp signal stdatomic stdio stdlib tgmath
  threads time uchar wchar wctype)

function(violation file line why)
  message(NOTICE "${file}: ${line}\n    ${why}")
  math(EXPR violations "${violations} + 1")
  set(violations ${violations} PARENT_SCOPE)
endfunction()

# check_file(file row sees system): sees is ALL or a list of rows, system is ANY or a list of
# standard headers.
function(check_file file row sees system)
  file(STRINGS ${ROOT}/${file} lines REGEX "^[ \t]*#[ \t]*include")
  get_filename_component(own_dir ${file} DIRECTORY)
  foreach(line IN LISTS lines)
    math(EXPR checked "${checked} + 1")
    if(NOT line MATCHES "include[ \t]*([<\"])([^>\"]+)[>\"]")
      continue() # an include through a macro: the compiler's include roots still hold
    endif()
    set(quote ${CMAKE_MATCH_1})
    set(path ${CMAKE_MATCH_2})
    string(REGEX REPLACE "/.*" "" prefix ${path})
    if(path MATCHES "(^|/)\\.\\.(/|$)")
      violation(${file} "${line}" "an include never climbs out of its directory")
    elseif(path MATCHES "/" AND (prefix IN_LIST all_layers OR prefix MATCHES "^(shim|fuzz|conformance)$"))
      if(NOT prefix STREQUAL row AND NOT sees STREQUAL "ALL" AND NOT prefix IN_LIST sees)
        violation(${file} "${line}" "${row} must not see ${prefix} (cmake/Layers.cmake)")
      endif()
    elseif(prefix STREQUAL "smmu" AND path MATCHES "/")
      if(NOT EXISTS ${ROOT}/model/include/${path})
        violation(${file} "${line}" "there is no such public header")
      endif()
    elseif(path STREQUAL "smmu_build.h")
      if(NOT row MATCHES "^(tools|linux_tool)$")
        violation(${file} "${line}" "only tools know the build")
      endif()
    elseif(quote STREQUAL "\"")
      if(NOT EXISTS ${ROOT}/${own_dir}/${path})
        violation(${file} "${line}" "neither a layer's header nor a file beside this one")
      endif()
    elseif(NOT system STREQUAL "ANY")
      string(REGEX REPLACE "\\.h$" "" name ${path})
      if(NOT name IN_LIST system)
        violation(${file} "${line}" "${row} may not use <${path}>")
      endif()
    endif()
  endforeach()
  set(violations ${violations} PARENT_SCOPE)
  set(checked ${checked} PARENT_SCOPE)
endfunction()

# The model formats text into buffers (snprintf); it prints nothing and allocates nothing.
function(check_calls file row)
  file(STRINGS ${ROOT}/${file} lines REGEX
    "(^|[^a-zA-Z0-9_])(v?f?printf|f?puts|putchar|fopen|malloc|calloc|realloc|free|exit|abort)\\(")
  foreach(line IN LISTS lines)
    violation(${file} "${line}" "${row} neither prints nor allocates nor exits")
  endforeach()
  set(violations ${violations} PARENT_SCOPE)
endfunction()

macro(check_files row sees system)
  foreach(file IN LISTS files)
    check_file(${file} ${row} "${sees}" "${system}")
  endforeach()
endmacro()

# Public headers see nothing of ours but each other.
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/model/include/*)
check_files(public "" "${c_standard_headers}")

foreach(row IN LISTS all_layers)
  smmu_layer_get(dir ${row} DIR)
  smmu_layer_get(sees ${row} SEES)
  smmu_layer_get(maybe ${row} MAYBE)
  set(system ANY)
  if(row STREQUAL "core")
    set(system ${pure_headers} stdio xxhash)
  elseif(row STREQUAL "arch")
    set(system ${pure_headers} stdio stdlib strings)
  elseif(row STREQUAL "util")
    set(system ${c_standard_headers})
  endif()
  file(GLOB files RELATIVE ${ROOT} ${ROOT}/${dir}/*)
  list(FILTER files INCLUDE REGEX "\\.(c|h|cpp|def|inc)$")
  check_files(${row} "${sees};${maybe}" "${system}")
  if(row MATCHES "^(core|arch)$")
    foreach(file IN LISTS files)
      check_calls(${file} ${row})
    endforeach()
  endif()
endforeach()

# Benches see what a user sees.
file(GLOB files RELATIVE ${ROOT} ${ROOT}/bench/*)
list(FILTER files INCLUDE REGEX "\\.(h|cpp)$")
set(user_view ${all_layers})
list(REMOVE_ITEM user_view core tools tlm)
check_files(bench "${user_view}" ANY)

# Tests see everything, and still name it by its layer.
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/tests/*)
list(FILTER files INCLUDE REGEX "\\.(c|h|cpp|inc)$")
list(FILTER files EXCLUDE REGEX "^tests/litmus/")
check_files(tests ALL ANY)

file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/*.cpp ${ROOT}/*.cc ${ROOT}/*.cxx ${ROOT}/*.hpp)
list(FILTER files EXCLUDE REGEX "^(build|tlm|examples/tlm_platform|bench|tests/shim|tests/tlm|rtl)/")
foreach(file IN LISTS files)
  violation(${file} "a C++ file" "C++ lives in tlm/, its example and tests, bench/ and tests/shim/ alone")
endforeach()

if(violations)
  message(FATAL_ERROR "layers: ${violations} forbidden includes")
endif()
message(NOTICE "layers: ${checked} includes, all allowed")
