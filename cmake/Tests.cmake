# Test programs: tests/shim becomes smmu_testkit, every other directory of tests/ that holds .c
# files becomes test_<directory>. A new file or directory needs no edit here.
#
#   tests/shim/                the kit: GoogleTest for C, and rigs shared by tests
#   tests/litmus/              litmus programs, a library (Layers.cmake); litmus_run/ runs them
#   tests/fuzz/fuzz_NAME.c     one libFuzzer program each, preset `fuzz` only
#   tests/tlm/                 test_tlm, in C++, with the common suite of tests/unit (Tlm.cmake)
#   tests/<dir>/*.c            test_<dir>; CTest names are <dir>/Suite.Name, labels <dir> and fast
#                              (medium in property, replay, cli and e2e)
#   tests/faults/              single faults, each built against this build and judged by smmulator
#   tests/<dir>/programs/*.c   small programs that tests of <dir> start (test_program_path("NAME"))
# A suite whose name begins with Slow carries the label slow instead of fast.

# Directories whose cases take seconds together: label medium instead of fast.
set(smmu_dirs_of_seconds property replay cli e2e)
set(smmu_dirs_without_tests shim litmus fuzz mutants faults golden long data tlm)

function(smmu_all_layers_built out)
  smmu_library_layers(names)
  set(found "")
  foreach(name IN LISTS names)
    if(TARGET smmu_${name})
      list(APPEND found ${name})
    endif()
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# Tests may include everything: every layer, core too, and the kit.
function(smmu_test_options target)
  smmu_all_layers_built(layers)
  smmu_target_options(${target})
  smmu_link_plainly(${target})
  smmu_target_sees(${target} ${layers})
  # the kit; the fuzzers' entry points, which fuzz_corpus/ replays; the second transcription's lists
  foreach(name IN ITEMS shim fuzz conformance)
    smmu_include_root(root ${name} tests/${name})
    target_include_directories(${target} PRIVATE ${root})
  endforeach()
  target_compile_definitions(${target} PRIVATE $<$<COMPILE_LANGUAGE:C>:_GNU_SOURCE=>)
  smmu_target_frames(${target})
endfunction()

function(smmu_add_testkit)
  set(dir ${CMAKE_SOURCE_DIR}/tests/shim)
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c ${dir}/*.cpp)
  smmu_all_layers_built(layers)
  add_library(smmu_testkit STATIC ${sources})
  smmu_test_options(smmu_testkit)
  target_compile_definitions(smmu_testkit PRIVATE
    SMMU_TEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}" SMMU_TEST_BUILD_DIR="${CMAKE_BINARY_DIR}")
  target_link_libraries(smmu_testkit PUBLIC GTest::gtest)
  foreach(name IN LISTS layers)
    target_link_libraries(smmu_testkit PUBLIC smmu_${name})
  endforeach()
endfunction()

function(smmu_add_test_programs directory)
  file(GLOB programs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${directory}/programs/*.c)
  foreach(source IN LISTS programs)
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    smmu_test_options(${name})
    target_link_libraries(${name} PRIVATE smmu_testkit)
    set_target_properties(${name} PROPERTIES
      LINKER_LANGUAGE CXX RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/programs)
    add_dependencies(test_${directory} ${name})
  endforeach()
endfunction()

function(smmu_add_test_directory directory)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${directory}/*.c)
  if(NOT sources)
    return()
  endif()
  set(target test_${directory})
  add_executable(${target} ${sources})
  smmu_test_options(${target})
  target_link_libraries(${target} PRIVATE smmu_testkit)
  set_target_properties(${target} PROPERTIES
    LINKER_LANGUAGE CXX RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(TARGET smmulator)
    add_dependencies(${target} smmulator)
  endif()
  if(directory STREQUAL "linux" AND TARGET smmulator-linux)
    add_dependencies(${target} smmulator-linux smmulator-linux-faults)
  endif()
  if(directory STREQUAL "cli" AND TARGET own_driver)
    add_dependencies(${target} own_driver brought_driver)
  endif()
  smmu_add_test_programs(${directory})

  # Whole runs of the real driver take a minute and more with sanitizers on a machine that others use.
  set(seconds 300)
  if(directory STREQUAL "linux")
    set(seconds 1200)
  endif()
  set(common WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} TEST_PREFIX ${directory}/ DISCOVERY_TIMEOUT 120)
  gtest_discover_tests(${target} ${common} TEST_FILTER "-Slow*" TEST_LIST ${target}_fast
    PROPERTIES TIMEOUT ${seconds})
  gtest_discover_tests(${target} ${common} TEST_FILTER "Slow*" TEST_LIST ${target}_slow
    PROPERTIES TIMEOUT 1500)
  # gtest_discover_tests cannot pass two labels; ctest sets them when it reads the tests.
  set(labels ${CMAKE_BINARY_DIR}/${target}_labels.cmake)
  file(WRITE ${labels} "")
  foreach(pace IN ITEMS fast slow)
    set(label ${pace})
    if(pace STREQUAL fast AND directory IN_LIST smmu_dirs_of_seconds)
      set(label medium)
    endif()
    file(APPEND ${labels} "if(${target}_${pace})
  set_tests_properties(\${${target}_${pace}} PROPERTIES LABELS \"${directory};${label}\")
endif()
")
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${labels})
endfunction()

function(smmu_add_fuzzers)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
  smmu_all_layers_built(layers)
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    smmu_target_options(${name})
    smmu_target_sees(${name} ${layers})
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE=)
    # libFuzzer finds its entry point by name; nothing of ours declares it.
    target_compile_options(${name} PRIVATE -Wno-missing-prototypes -Wno-missing-declarations)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    foreach(layer IN LISTS layers)
      target_link_libraries(${name} PRIVATE smmu_${layer})
    endforeach()
    add_test(NAME fuzz/${name} COMMAND ${name} -runs=2000 -seed=1 -max_len=512)
    set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT 300)
  endforeach()
endfunction()

# smmulator with a driver that a file of tests/cli/faulty makes mistakes in, for the tests of the program.
function(smmu_add_faulty_tool name wrapped)
  set(target smmulator_${name})
  add_executable(${target} ${CMAKE_SOURCE_DIR}/tests/cli/faulty/${name}.c
    $<TARGET_OBJECTS:smmulator>)
  smmu_test_options(${target})
  # Two leading underscores are what the linker asks for.
  target_compile_options(${target} PRIVATE -Wno-reserved-identifier)
  target_link_options(${target} PRIVATE -Wl,--wrap=${wrapped})
  target_link_libraries(${target} PRIVATE $<TARGET_PROPERTY:smmulator,LINK_LIBRARIES>)
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/programs)
  add_dependencies(test_cli ${target})
endfunction()

# Checks on the tree itself, without a test program.
function(smmu_add_layout_tests)
  set(run ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR})
  set(scripts ${CMAKE_SOURCE_DIR}/cmake)
  add_test(NAME layout/layers COMMAND ${run} -P ${scripts}/CheckLayers.cmake)
  add_test(NAME layout/layers-test
    COMMAND ${run} -DWORK=${CMAKE_BINARY_DIR}/layers-test -P ${scripts}/CheckLayersTest.cmake)
  add_test(NAME layout/file-size COMMAND ${run} -P ${scripts}/CheckFileSize.cmake)
  add_test(NAME layout/function-size COMMAND ${run} -P ${scripts}/CheckFunctionSize.cmake)
  add_test(NAME layout/function-size-test
    COMMAND ${run} -DWORK=${CMAKE_BINARY_DIR}/function-size-test
            -P ${scripts}/CheckFunctionSizeTest.cmake)
  add_test(NAME docs/spec-map
    COMMAND bash -c "docs/spec-map.sh | diff docs/spec-map.md - && echo up to date"
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  add_test(NAME docs/cache-rules COMMAND bash docs/renew.sh --check docs/cache-rules.md
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  add_test(NAME docs/rules COMMAND bash -c "docs/renew.sh --check docs/rules/*.md"
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  add_test(NAME layout/headers
    COMMAND ${run} -DWORK=${CMAKE_BINARY_DIR}/headers -DCC=${CMAKE_C_COMPILER}
            -DCXX=${CMAKE_CXX_COMPILER} -P ${scripts}/CheckHeaders.cmake)
  set_tests_properties(docs/spec-map docs/cache-rules docs/rules layout/layers layout/layers-test layout/file-size
    layout/function-size layout/function-size-test layout/headers
    PROPERTIES LABELS "layout;fast" TIMEOUT 120)
endfunction()

# The pages that regdoc prints are those of the tree.
function(smmu_add_page_tests)
  if(NOT TARGET regdoc)
    return()
  endif()
  foreach(page IN ITEMS registers commands)
    add_test(NAME docs/${page}
      COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:regdoc> -DPAGE=${page}
              -DFILE=${CMAKE_SOURCE_DIR}/docs/${page}.md
              -P ${CMAKE_SOURCE_DIR}/cmake/CheckPage.cmake)
    set_tests_properties(docs/${page} PROPERTIES LABELS "docs;fast" TIMEOUT 60)
  endforeach()
endfunction()

# A few single faults, in turn by commit, under our driver and the real one, and that nothing is found without
# them.
function(smmu_add_fault_tests)
  if(NOT TARGET smmulator)
    return()
  endif()
  add_test(NAME faults/some COMMAND bash tests/faults/some.sh ${CMAKE_BINARY_DIR})
  add_test(NAME faults/linux COMMAND bash tests/faults/linux.sh ${CMAKE_BINARY_DIR})
  add_test(NAME faults/clean COMMAND bash tests/faults/clean.sh $<TARGET_FILE:smmulator>)
  # Sanitizers take their time.
  set_tests_properties(faults/some faults/linux faults/clean
    PROPERTIES LABELS "faults;medium" TIMEOUT 600 SKIP_RETURN_CODE 77
               WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} ENVIRONMENT FAULTS_CPU_SECONDS=120)
endfunction()

function(smmu_add_all_tests)
  smmu_add_layout_tests()
  smmu_add_page_tests()
  if(SMMU_FUZZ)
    smmu_add_fuzzers()
    return()
  endif()
  find_package(GTest QUIET)
  if(NOT CMAKE_CXX_COMPILER OR NOT GTest_FOUND)
    message(STATUS "Tests are left out: a C++ compiler or GoogleTest is missing (./dev deps test)")
    return()
  endif()
  include(GoogleTest)
  smmu_add_testkit()
  smmu_add_fault_tests()
  file(GLOB directories CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests LIST_DIRECTORIES true
       ${CMAKE_SOURCE_DIR}/tests/*)
  foreach(directory IN LISTS directories)
    if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/tests/${directory}
       AND NOT directory IN_LIST smmu_dirs_without_tests)
      smmu_add_test_directory(${directory})
    endif()
  endforeach()
  if(TARGET smmulator AND TARGET test_cli)
    smmu_add_faulty_tool(forgetful drv_inv_range)
  endif()
  smmu_add_tlm_tests()
endfunction()
