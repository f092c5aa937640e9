# Examples in C: every directory of examples/ with a main.c is a program in BUILD/examples, and so is the
# directory that -DSMMU_DRIVER=DIR names, where somebody keeps a driver of his own (docs/porting.md). They
# see what such a driver may use: plat, and to watch it machine, watch and the engines.
set(SMMU_DRIVER "" CACHE PATH "Directory of a driver of your own, with a main.c; built as an example")

function(smmu_add_example dir)
  get_filename_component(name ${dir} NAME)
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c)
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${dir})
  smmu_target_sees(${name} plat machine watch engine)
  smmu_target_options(${name})
  smmu_target_frames(${name})
  smmu_link_plainly(${name})
  target_link_libraries(${name} PRIVATE smmu_machine smmu_watch smmu_plat)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/examples)
endfunction()

function(smmu_add_examples)
  file(GLOB mains CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/*/main.c)
  if(SMMU_DRIVER)
    get_filename_component(mine ${SMMU_DRIVER} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
    if(NOT EXISTS ${mine}/main.c)
      message(FATAL_ERROR "SMMU_DRIVER: ${mine} has no main.c (docs/porting.md)")
    endif()
    list(APPEND mains ${mine}/main.c)
  endif()
  if(SMMU_TESTS)
    # The first step of docs/porting.md, for tests/cli/test_porting.c: a copy that lies elsewhere.
    file(COPY ${CMAKE_SOURCE_DIR}/examples/own_driver/ DESTINATION ${CMAKE_BINARY_DIR}/brought_driver)
    list(APPEND mains ${CMAKE_BINARY_DIR}/brought_driver/main.c)
  endif()
  foreach(main IN LISTS mains)
    get_filename_component(dir ${main} DIRECTORY)
    smmu_add_example(${dir})
  endforeach()
endfunction()
