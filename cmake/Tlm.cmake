# tlm/ -> smmu_tlm, the SystemC module (docs/tlm.md), examples/tlm_platform and tests/tlm.
#
# SystemC is looked for and may be absent: then the module and the example are left out, and
# test_tlm is one case that is skipped and says so. Debian's libsystemc is built for C++17 and
# refuses to link with anything else.

# Makes smmu_dep_systemc, or sets smmu_no_systemc to the reason why there is none.
function(smmu_find_systemc)
  set(why "")
  find_package(PkgConfig QUIET)
  if(NOT SMMU_TLM)
    set(why "switched off by SMMU_TLM")
  elseif(NOT CMAKE_CXX_COMPILER)
    set(why "missing: a C++ compiler")
  elseif(NOT PKG_CONFIG_FOUND)
    set(why "missing: pkg-config")
  else()
    pkg_check_modules(smmu_pc_systemc QUIET IMPORTED_TARGET GLOBAL systemc>=2.3.4)
    if(NOT smmu_pc_systemc_FOUND)
      set(why "missing: SystemC 2.3.4 (libsystemc-dev)")
    endif()
  endif()
  if(why STREQUAL "")
    include(CheckCXXSourceCompiles)
    set(CMAKE_REQUIRED_LIBRARIES PkgConfig::smmu_pc_systemc)
    check_cxx_source_compiles(
      "#include <systemc>\nint sc_main(int, char **) { return sc_core::sc_is_running(); }"
      smmu_systemc_links)
    if(NOT smmu_systemc_links)
      set(why "missing: SystemC that links with C++17 (libsystemc-dev)")
    endif()
  endif()
  if(why STREQUAL "")
    add_library(smmu_dep_systemc INTERFACE IMPORTED GLOBAL)
    target_link_libraries(smmu_dep_systemc INTERFACE PkgConfig::smmu_pc_systemc)
  else()
    message(STATUS "smmu_tlm: left out, ${why}")
  endif()
  set(smmu_no_systemc "${why}" PARENT_SCOPE)
endfunction()

# What whoever uses the module needs comes with the target: headers, engine, SystemC.
function(smmu_add_tlm)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tlm/*.cpp)
  smmu_include_root(root tlm tlm)
  add_library(smmu_tlm STATIC ${sources})
  smmu_target_options(smmu_tlm)
  target_include_directories(smmu_tlm PUBLIC ${root} ${CMAKE_SOURCE_DIR}/model/include)
  target_link_libraries(smmu_tlm PUBLIC smmu_engine smmu_core smmu_dep_systemc)

  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/tlm_platform/*.cpp)
  add_executable(tlm_platform ${sources})
  smmu_target_options(tlm_platform)
  smmu_link_plainly(tlm_platform)
  target_link_libraries(tlm_platform PRIVATE smmu_tlm)
  set_target_properties(tlm_platform PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/examples)
endfunction()

# test_tlm: the tests of the module, and the common suite. The suite is taken as test_unit compiled
# it; tests/tlm/host.c brings the list of engines it runs on, which is the module in both its modes.
# Cases of test_unit that are not of the suite are linked and not run. The suite is one CTest case a
# mode: a process for each of its hundreds of cases would take a minute.
function(smmu_add_tlm_tests)
  if(NOT SMMU_TLM)
    return()
  endif()
  set(dir ${CMAKE_SOURCE_DIR}/tests/tlm)
  if(TARGET smmu_tlm)
    file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c ${dir}/*.cpp)
    add_executable(test_tlm ${sources} $<TARGET_OBJECTS:test_unit>)
    target_link_libraries(test_tlm PRIVATE smmu_tlm)
    add_dependencies(test_tlm tlm_platform)
  else()
    add_executable(test_tlm ${dir}/absent/absent.c)
    target_compile_definitions(test_tlm PRIVATE SMMU_NO_SYSTEMC="${smmu_no_systemc}")
  endif()
  smmu_test_options(test_tlm)
  target_link_libraries(test_tlm PRIVATE smmu_testkit)
  set_target_properties(test_tlm PROPERTIES
    LINKER_LANGUAGE CXX RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

  # ASan's search for uses of a stack frame after return does not survive SystemC's threads
  # (tests/tlm/board.h).
  set(environment "ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=0")
  gtest_discover_tests(test_tlm WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} TEST_PREFIX tlm/
    DISCOVERY_TIMEOUT 120 TEST_FILTER "Tlm*"
    PROPERTIES TIMEOUT 300 LABELS tlm ENVIRONMENT ${environment})
  if(TARGET smmu_tlm)
    foreach(host IN ITEMS tlm tlm-ahead)
      add_test(NAME tlm/common-suite/${host} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
        COMMAND test_tlm --gtest_brief=1 --gtest_filter=*/${host})
      set_tests_properties(tlm/common-suite/${host} PROPERTIES
        TIMEOUT 300 LABELS tlm ENVIRONMENT ${environment} FAIL_REGULAR_EXPRESSION "\\] 0 tests")
    endforeach()
  endif()
endfunction()
