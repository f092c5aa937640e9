# The program `smmulator`, at the top of the build directory, and `regdoc`, which prints the reference
# pages of docs/.

# smmu_build.h (version and commit) is renewed at every build and written only when it changes.
function(smmu_add_build_info)
  add_custom_target(smmu_build_info
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
            -DOUTPUT=${CMAKE_BINARY_DIR}/inc/build/smmu_build.h
            -P ${CMAKE_SOURCE_DIR}/cmake/BuildInfo.cmake
    BYPRODUCTS ${CMAKE_BINARY_DIR}/inc/build/smmu_build.h
    COMMENT "" VERBATIM)
endfunction()

function(smmu_add_tool)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/*.c)
  list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/tools/regdoc.c)
  smmu_missing_layer(missing tools)
  if(NOT sources)
    set(missing tools)
  endif()
  if(missing)
    message(STATUS "smmulator: skipped, ${missing} has no files yet")
    return()
  endif()
  smmu_layer_get(sees tools SEES)
  smmu_layer_get(maybe tools MAYBE)
  smmu_layer_get(libs tools LIBS)
  foreach(name IN LISTS maybe)
    if(TARGET smmu_${name})
      list(APPEND sees ${name})
    endif()
  endforeach()

  smmu_add_build_info()
  add_executable(smmulator ${sources})
  add_dependencies(smmulator smmu_build_info)
  smmu_target_sees(smmulator tools ${sees})
  smmu_target_options(smmulator)
  smmu_link_optimised(smmulator)
  target_include_directories(smmulator PRIVATE ${CMAKE_BINARY_DIR}/inc/build)
  target_compile_definitions(smmulator PRIVATE _GNU_SOURCE=)
  foreach(name IN LISTS sees)
    target_link_libraries(smmulator PRIVATE smmu_${name})
  endforeach()
  foreach(lib IN LISTS libs)
    smmu_require_dep(${lib})
    target_link_libraries(smmulator PRIVATE smmu_dep_${lib})
  endforeach()
  set_target_properties(smmulator PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

# regdoc has a main of its own and sees the formats alone.
function(smmu_add_regdoc)
  if(NOT TARGET smmu_arch OR NOT EXISTS ${CMAKE_SOURCE_DIR}/tools/regdoc.c)
    return()
  endif()
  add_executable(regdoc ${CMAKE_SOURCE_DIR}/tools/regdoc.c)
  smmu_target_sees(regdoc arch util)
  smmu_target_options(regdoc)
  smmu_link_plainly(regdoc)
  target_link_libraries(regdoc PRIVATE smmu_arch)
  set_target_properties(regdoc PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()
