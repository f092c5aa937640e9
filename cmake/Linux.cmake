# The program `smmulator-linux`: the unmodified Linux driver on the model. The kernel's source is Debian's
# package linux-source-6.12 (./dev deps linux), or the tree that SMMU_LINUX_SRC names. Only what
# linux/files.txt lists is compiled, with the kernel's own headers and linux/asm, into one relocatable
# object; nothing of it is in this repository. Without the source the program is left out, and its tests
# say so.

# What is compiled with the kernel's headers: always with gcc, no sanitizer, no link-time optimisation.
# Variables begin as zero, as Debian's configuration of the kernel has it (INIT_STACK_ALL_ZERO).
set(smmu_linux_flags
  -D__KERNEL__ -std=gnu11 -O2 -g -fPIC -ffreestanding -nostdinc -fno-strict-aliasing -fno-common
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

# smmu_linux_compile(list_name source name extra-flags...): appends the object.
function(smmu_linux_compile list_name source name)
  string(REPLACE "-" "_" module ${name})
  set(out ${dir}/${module}.o)
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
    DEPENDS ${dir}/prepared
    DEPFILE ${out}.d
    COMMENT "Linux: ${name}.c" VERBATIM)
  set(${list_name} ${${list_name}} ${out} PARENT_SCOPE)
endfunction()

# The kernel part: target smmu_linux_kernel, file ${dir}/kernel.o.
function(smmu_add_linux_kernel)
  set(here ${CMAKE_SOURCE_DIR}/linux)
  set(dir ${CMAKE_BINARY_DIR}/linux)
  # Presets share what was unpacked.
  set(tree ${CMAKE_SOURCE_DIR}/build/linux-source)
  file(MAKE_DIRECTORY ${dir})
  file(STRINGS ${here}/files.txt lines REGEX "^[^#]")
  file(GLOB headers CONFIGURE_DEPENDS ${here}/asm/*.h)
  file(GLOB runtime CONFIGURE_DEPENDS ${here}/kernel/*.c)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${here}/files.txt)

  add_custom_command(OUTPUT ${dir}/prepared
    COMMAND ${here}/prepare.sh ${smmu_linux_source} ${tree}
    COMMAND ${CMAKE_COMMAND} -E touch ${dir}/prepared
    DEPENDS ${here}/prepare.sh ${here}/kernel/autoconf.h ${headers}
    COMMENT "Linux: unpacking what is needed of ${smmu_linux_source}" VERBATIM)

  set(objects "")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE " .*" "" path "${line}")
    get_filename_component(name ${path} NAME_WE)
    set(extra -w)
    if(line MATCHES "\\*$")
      list(APPEND extra ${smmu_linux_told})
    endif()
    smmu_linux_compile(objects ${tree}/src/${path} ${name} ${extra})
  endforeach()
  foreach(source IN LISTS runtime)
    get_filename_component(name ${source} NAME_WE)
    smmu_linux_compile(objects ${source} sim_${name} -Wall -Wno-missing-prototypes
      -isystem ${tree}/src/drivers/iommu/arm/arm-smmu-v3)
  endforeach()
  add_custom_command(OUTPUT ${dir}/kernel.o
    COMMAND ${here}/link.sh ${dir}/kernel.o ${objects}
    DEPENDS ${objects} ${here}/link.sh ${here}/link.lds ${here}/boundary/boundary.h
    COMMENT "Linux: one object" VERBATIM)
  set_source_files_properties(${dir}/kernel.o PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  set(smmu_linux_object ${dir}/kernel.o PARENT_SCOPE)
endfunction()

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
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/linux/tool/*.c)
  smmu_layer_get(sees linux_tool SEES)
  smmu_layer_get(libs linux_tool LIBS)
  add_executable(smmulator-linux ${sources} ${CMAKE_SOURCE_DIR}/tools/ui.c
    ${CMAKE_SOURCE_DIR}/tools/watching.c ${CMAKE_SOURCE_DIR}/tools/places.c ${smmu_linux_object})
  add_dependencies(smmulator-linux smmu_build_info)
  smmu_target_sees(smmulator-linux linux_tool ${sees} watch)
  smmu_target_options(smmulator-linux)
  target_include_directories(smmulator-linux PRIVATE ${CMAKE_BINARY_DIR}/inc/build)
  target_compile_definitions(smmulator-linux PRIVATE _GNU_SOURCE=)
  list(REMOVE_ITEM sees tools linux_boundary)
  foreach(name IN LISTS sees ITEMS watch)
    target_link_libraries(smmulator-linux PRIVATE smmu_${name})
  endforeach()
  foreach(lib IN LISTS libs)
    smmu_require_dep(${lib})
    target_link_libraries(smmulator-linux PRIVATE smmu_dep_${lib})
  endforeach()
  smmu_link_plainly(smmulator-linux)
  set_target_properties(smmulator-linux PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()
