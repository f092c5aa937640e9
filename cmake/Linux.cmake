# The program `smmulator-linux`: the unmodified Linux driver on the model. The kernel's source is Debian's
# package linux-source-6.12 (./dev deps linux), or the tree or tarball that SMMU_LINUX_SRC names. Only what
# linux/files.txt lists is compiled, with the kernel's own headers and linux/asm, into one relocatable
# object; nothing of it is in this repository. Without the source the program is left out, and its tests
# say so.

# What is compiled with the kernel's headers: always with gcc, no sanitizer, no link-time optimisation.
# Variables begin as zero, as Debian's configuration of the kernel has it (INIT_STACK_ALL_ZERO).
set(smmu_linux_flags
  -D__KERNEL__ -std=gnu11 -fms-extensions -O2 -g -fPIC -ffreestanding -nostdinc -fno-strict-aliasing -fno-common
  -fshort-wchar -funsigned-char -fno-stack-protector -fno-strict-overflow
  -fno-delete-null-pointer-checks -fno-asynchronous-unwind-tables
  -fno-omit-frame-pointer -fno-optimize-sibling-calls -ftrivial-auto-var-init=zero)
set(smmu_linux_told
  -fsanitize=thread --param=tsan-distinguish-volatile=1 --param=tsan-instrument-func-entry-exit=0)

# Sets smmu_linux_source to a tarball or a tree, or to nothing.
function(smmu_find_linux)
  set(found "")
  if(SMMU_LINUX_SRC)
    set(found ${SMMU_LINUX_SRC})
  else()
    file(GLOB tarballs /usr/src/linux-source-6.12.tar.xz)
    if(tarballs)
      list(GET tarballs 0 found)
    endif()
  endif()
  if(found AND NOT EXISTS ${found})
    message(FATAL_ERROR "SMMU_LINUX_SRC: ${found} is not there")
  endif()
  set(smmu_linux_source "${found}" PARENT_SCOPE)
endfunction()

# Unpacks now what is needed of the source, to look at it. Sets tree, which presets share, and version. Sources
# of one name lie in different places.
macro(smmu_linux_unpack)
  string(MD5 place ${smmu_linux_source})
  string(SUBSTRING ${place} 0 8 place)
  get_filename_component(tree ${smmu_linux_source} NAME)
  string(REGEX REPLACE "\\.tar\\.xz$" "" tree ${tree})
  set(tree ${CMAKE_SOURCE_DIR}/build/linux-source/${tree}-${place})
  execute_process(COMMAND ${here}/prepare.sh ${smmu_linux_source} ${tree}
    COMMAND_ERROR_IS_FATAL ANY)
  file(STRINGS ${tree}/gen/generated/utsrelease.h release)
  string(REGEX REPLACE ".*\"(.*)\"" "\\1" version "${release}")
  message(STATUS "smmulator-linux: Linux ${version}")
endmacro()

# Sets paths and told, a list of those of them with an asterisk, to what of files.txt this version compiles.
function(smmu_linux_files)
  file(STRINGS ${here}/files.txt lines REGEX "^[^#]")
  set(paths "")
  set(told "")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE " .*" "" path "${line}")
    if(NOT EXISTS ${tree}/src/${path})
      continue()
    endif()
    if(line MATCHES " ([0-9.]+)-" AND version VERSION_LESS CMAKE_MATCH_1)
      continue()
    endif()
    list(APPEND paths ${path})
    if(line MATCHES " \\*")
      list(APPEND told ${path})
    endif()
  endforeach()
  set(paths ${paths} PARENT_SCOPE)
  set(told ${told} PARENT_SCOPE)
endfunction()

# smmu_linux_compile(list_name source name extra-flags...): appends the object.
function(smmu_linux_compile list_name source name)
  string(REPLACE "-" "_" module ${name})
  set(out ${dir}/${module}.o)
  set(needs ${dir}/prepared)
  if(source MATCHES "/faulty/")
    set(out ${dir}/faulty_${module}.o)
    set(needs ${dir}/patched)
  endif()
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_C_COMPILER_LAUNCHER} ${SMMU_LINUX_CC} ${smmu_linux_flags} ${ARGN}
      -I${here} -I${here}/boundary -isystem ${tree}/gen -isystem ${tree}/src/include
      -isystem ${tree}/src/include/uapi
      -include ${tree}/src/include/linux/compiler-version.h
      -include ${tree}/src/include/linux/kconfig.h
      -include ${tree}/src/include/linux/compiler_types.h
      "-DKBUILD_MODNAME=\"${module}\"" "-DKBUILD_BASENAME=\"${module}\""
      "-DKBUILD_MODFILE=\"${module}\"" -D__KBUILD_MODNAME=kmod_${module}
      -MD -MF ${out}.d -c ${source} -o ${out}
    DEPENDS ${needs}
    DEPFILE ${out}.d
    COMMENT "Linux: ${name}.c" VERBATIM)
  set(${list_name} ${${list_name}} ${out} PARENT_SCOPE)
endfunction()

# The kernel part: target smmu_linux_kernel, file ${dir}/kernel.o.
function(smmu_add_linux_kernel)
  set(here ${CMAKE_SOURCE_DIR}/linux)
  set(dir ${CMAKE_BINARY_DIR}/linux)
  file(MAKE_DIRECTORY ${dir})
  smmu_linux_unpack()
  smmu_linux_files()
  file(GLOB headers CONFIGURE_DEPENDS ${here}/asm/*.h)
  file(GLOB runtime CONFIGURE_DEPENDS ${here}/kernel/*.c)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${here}/files.txt)

  add_custom_command(OUTPUT ${dir}/prepared
    COMMAND ${here}/prepare.sh ${smmu_linux_source} ${tree}
    COMMAND ${CMAKE_COMMAND} -E touch ${dir}/prepared
    DEPENDS ${here}/prepare.sh ${here}/kernel/autoconf.h ${headers} ${smmu_linux_source}
    COMMENT "Linux: unpacking what is needed of ${smmu_linux_source}" VERBATIM)

  set(objects "")
  foreach(path IN LISTS paths)
    get_filename_component(name ${path} NAME_WE)
    set(extra -w)
    if(path IN_LIST told)
      list(APPEND extra ${smmu_linux_told})
    endif()
    smmu_linux_compile(objects ${tree}/src/${path} ${name} ${extra})
  endforeach()
  foreach(source IN LISTS runtime)
    get_filename_component(name ${source} NAME_WE)
    smmu_linux_compile(objects ${source} sim_${name} -Wall -Wno-missing-prototypes -I${here}/faults
      -isystem ${tree}/src/drivers/iommu/arm/arm-smmu-v3)
  endforeach()
  smmu_linux_link(kernel ${objects})
  smmu_add_linux_faults()
endfunction()

# One relocatable object, ${dir}/${name}.o, of others.
function(smmu_linux_link name)
  add_custom_command(OUTPUT ${dir}/${name}.o
    COMMAND ${here}/link.sh ${dir}/${name}.o ${ARGN}
    DEPENDS ${ARGN} ${here}/link.sh ${here}/link.lds ${here}/boundary/boundary.h
    COMMENT "Linux: one object, ${name}" VERBATIM)
  set_source_files_properties(${dir}/${name}.o PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
endfunction()

# The same with faults, that are switched on one at a time, in copies of some files of the driver.
macro(smmu_add_linux_faults)
  file(GLOB_RECURSE patches CONFIGURE_DEPENDS ${here}/faults/*)
  add_custom_command(OUTPUT ${dir}/patched
    COMMAND ${here}/faulty.sh ${tree}/src ${dir}/faulty
    COMMAND ${CMAKE_COMMAND} -E touch ${dir}/patched
    DEPENDS ${here}/faulty.sh ${patches} ${dir}/prepared
    COMMENT "Linux: faults for the tests" VERBATIM)
  set(faulty ${objects})
  foreach(path IN ITEMS drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3 drivers/iommu/io-pgtable-arm
          drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-sva drivers/iommu/dma-iommu)
    get_filename_component(name ${path} NAME)
    get_filename_component(folder ${path} DIRECTORY)
    string(REPLACE "-" "_" module ${name})
    list(REMOVE_ITEM faulty ${dir}/${module}.o)
    set(extra -w -iquote ${tree}/src/${folder} -I${here}/faults -include ${here}/kernel/fault.h)
    if(NOT name STREQUAL "dma-iommu")
      list(APPEND extra ${smmu_linux_told})
    endif()
    smmu_linux_compile(faulty ${dir}/faulty/${path}.c ${name} ${extra})
  endforeach()
  smmu_linux_link(kernel-faulty ${faulty})
endmacro()

function(smmu_add_linux)
  if(SMMU_LINUX STREQUAL "OFF" OR SMMU_FUZZ OR NOT TARGET smmulator)
    return()
  endif()
  smmu_find_linux()
  if(NOT smmu_linux_source)
    if(SMMU_LINUX STREQUAL "ON")
      message(FATAL_ERROR "No Linux source is found. Run: ./dev deps linux")
    endif()
    message(STATUS "smmulator-linux is left out: linux-source-6.12 is not installed (./dev deps linux)")
    return()
  endif()
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    set(SMMU_LINUX_CC ${CMAKE_C_COMPILER})
  else()
    find_program(SMMU_LINUX_CC gcc REQUIRED)
  endif()
  smmu_add_linux_kernel()
  smmu_add_linux_tool()
  smmu_add_linux_program(smmulator-linux kernel)
  smmu_add_linux_program(smmulator-linux-faults kernel-faulty)
  target_compile_definitions(smmulator-linux-faults PRIVATE LINUX_FAULTS=)
endfunction()

# What both programs are made of, but for main.c.
function(smmu_add_linux_tool)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/linux/tool/*.c)
  list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/linux/tool/main.c)
  foreach(name IN ITEMS ui watching places)
    list(APPEND sources ${CMAKE_SOURCE_DIR}/tools/${name}.c)
  endforeach()
  add_library(smmu_linux_tool STATIC ${sources})
  smmu_layer_get(sees linux_tool SEES)
  smmu_layer_get(libs linux_tool LIBS)
  smmu_target_sees(smmu_linux_tool linux_tool ${sees} watch)
  smmu_target_options(smmu_linux_tool)
  target_compile_definitions(smmu_linux_tool PRIVATE _GNU_SOURCE=)
  list(REMOVE_ITEM sees tools linux_boundary linux_faults)
  foreach(name IN LISTS sees ITEMS watch)
    target_link_libraries(smmu_linux_tool PUBLIC smmu_${name})
  endforeach()
  foreach(lib IN LISTS libs)
    smmu_require_dep(${lib})
    target_link_libraries(smmu_linux_tool PUBLIC smmu_dep_${lib})
  endforeach()
endfunction()

function(smmu_add_linux_program program object)
  add_executable(${program} ${CMAKE_SOURCE_DIR}/linux/tool/main.c
    ${CMAKE_BINARY_DIR}/linux/${object}.o)
  add_dependencies(${program} smmu_build_info)
  smmu_layer_get(sees linux_tool SEES)
  smmu_target_sees(${program} linux_tool ${sees})
  smmu_target_options(${program})
  target_include_directories(${program} PRIVATE ${CMAKE_BINARY_DIR}/inc/build)
  target_compile_definitions(${program} PRIVATE _GNU_SOURCE=)
  target_link_libraries(${program} PRIVATE smmu_linux_tool)
  smmu_link_plainly(${program})
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()
