# Libraries from outside: always the system's copy, never a download. `./dev deps` installs them on
# Debian.
#
# A library is looked for when a layer that uses it is built. What only tests, benches or tlm/ need
# (GoogleTest, Google Benchmark, SystemC, a C++ compiler) may be absent: those parts are then left
# out and the configure step says so. SystemC is looked for in Tlm.cmake.

set(smmu_pkg_zstd libzstd)
set(smmu_pkg_jansson jansson)
set(smmu_pkg_xxhash libxxhash)
set(smmu_pkg_yaml yaml-0.1)
set(smmu_pkg_dw libdw)
set(smmu_without_dw "places in software are addresses, not functions and lines")
# Boost.Context has no pkg-config file, and its header is C++: plat/fiber.c declares the two
# functions it calls. The static library, so that no C++ runtime is loaded.
set(smmu_lib_boost_context libboost_context.a boost_context)
set(smmu_debian_boost_context libboost-context-dev)

# smmu_require_dep(zstd) makes the target smmu_dep_zstd or stops with what to do.
macro(smmu_require_dep name)
  if(NOT TARGET smmu_dep_${name} AND DEFINED smmu_lib_${name})
    find_library(smmu_path_${name} NAMES ${smmu_lib_${name}})
    mark_as_advanced(smmu_path_${name})
    if(NOT smmu_path_${name})
      message(FATAL_ERROR "${smmu_debian_${name}} is missing. Run: ./dev deps build")
    endif()
    add_library(smmu_dep_${name} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(smmu_dep_${name} INTERFACE ${smmu_path_${name}})
  elseif(NOT TARGET smmu_dep_${name})
    find_package(PkgConfig QUIET)
    if(NOT PKG_CONFIG_FOUND)
      message(FATAL_ERROR "pkg-config is missing. Run: ./dev deps build")
    endif()
    pkg_check_modules(smmu_pc_${name} QUIET IMPORTED_TARGET GLOBAL ${smmu_pkg_${name}})
    if(NOT smmu_pc_${name}_FOUND)
      message(FATAL_ERROR "The library ${smmu_pkg_${name}} is missing. Run: ./dev deps build")
    endif()
    add_library(smmu_dep_${name} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(smmu_dep_${name} INTERFACE PkgConfig::smmu_pc_${name})
  endif()
endmacro()

# smmu_want_dep(dw) makes smmu_dep_dw where the library is installed, and says so where it is not.
macro(smmu_want_dep name)
  if(NOT TARGET smmu_dep_${name} AND NOT DEFINED smmu_absent_${name})
    find_package(PkgConfig QUIET)
    if(PKG_CONFIG_FOUND)
      pkg_check_modules(smmu_pc_${name} QUIET IMPORTED_TARGET GLOBAL ${smmu_pkg_${name}})
    endif()
    if(smmu_pc_${name}_FOUND)
      add_library(smmu_dep_${name} INTERFACE IMPORTED GLOBAL)
      target_link_libraries(smmu_dep_${name} INTERFACE PkgConfig::smmu_pc_${name})
    else()
      set(smmu_absent_${name} TRUE)
      message(STATUS "${smmu_pkg_${name}} is missing: ${smmu_without_${name}} (./dev deps build)")
    endif()
  endif()
endmacro()

# C++ is needed by tests/shim, bench and tlm alone, so a machine with only a C compiler still builds
# smmulator.
macro(smmu_enable_cxx_if_found)
  include(CheckLanguage)
  if(NOT CMAKE_CXX_COMPILER)
    unset(CMAKE_CXX_COMPILER CACHE)
    check_language(CXX)
  endif()
  if(CMAKE_CXX_COMPILER)
    enable_language(CXX)
  endif()
endmacro()

find_program(CCACHE_PROGRAM ccache)
mark_as_advanced(CCACHE_PROGRAM)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
