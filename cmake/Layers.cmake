# The layers and who may include whom.
#
# The table below is the one place that says it. CMakeLists.txt builds a static library per row and
# gives it the include roots of the rows it SEES and no others, so a forbidden include does not
# compile; CheckLayers.cmake reads the same rows and greps the sources, so a path that climbs out
# ("../core/state.h") does not pass either.
#
#   smmu_layer(name DIR dir [SEES rows] [MAYBE rows] [LINKS rows] [LIBS targets] [WANTS targets]
#              [GNU] [FRAMES])
#     SEES   rows whose headers this one may include; while one of them has no files yet, this
#            library is skipped
#     MAYBE  the same, but an absent row is no reason to skip
#     LINKS  rows that are linked and stay invisible (engine runs the core through "smmu/..." only)
#     LIBS   libraries from outside (Deps.cmake)
#     WANTS  the same, but may be absent: SMMU_HAVE_DW says 1 or 0 of libdw
#     GNU    may use _GNU_SOURCE; the rest is plain C11
#     FRAMES runs on simulated CPUs: callers can be followed (smmu_target_frames)
#
# "smmu/..." (model/include/smmu) is visible to every row. A row is one directory, its files lie
# flat in it.

function(smmu_layer name)
  cmake_parse_arguments(L "GNU;FRAMES" "DIR" "SEES;MAYBE;LINKS;LIBS;WANTS" ${ARGN})
  set_property(GLOBAL APPEND PROPERTY smmu_layers ${name})
  foreach(key IN ITEMS GNU FRAMES DIR SEES MAYBE LINKS LIBS WANTS)
    set_property(GLOBAL PROPERTY smmu_${name}_${key} "${L_${key}}")
  endforeach()
endfunction()

smmu_layer(util       DIR model/util)
smmu_layer(arch       DIR model/arch    SEES util)
smmu_layer(core       DIR model/core    SEES arch util LIBS xxhash)
smmu_layer(engine     DIR model/engine  SEES arch util LINKS core LIBS xxhash)
smmu_layer(traces     DIR traces        SEES engine arch util LINKS core
                                        LIBS zstd jansson xxhash GNU)
smmu_layer(litmus     DIR tests/litmus  SEES engine arch util LINKS core)
smmu_layer(plat       DIR plat          SEES engine arch util LINKS core LIBS boost_context GNU FRAMES)
smmu_layer(driver     DIR driver        SEES plat arch util FRAMES)
smmu_layer(host_sim   DIR host_sim      SEES driver plat arch util FRAMES)
smmu_layer(guest_sim  DIR guest_sim     SEES driver plat arch util FRAMES)
smmu_layer(watch      DIR watch         SEES plat arch util WANTS dw GNU)
smmu_layer(machine    DIR machine       SEES engine arch util plat driver host_sim guest_sim
                                        LINKS core LIBS yaml FRAMES)
smmu_layer(linux_boundary DIR linux/boundary)
smmu_layer(linux_faults DIR linux/faults)
smmu_layer(linux_world DIR linux/world  SEES linux_boundary engine arch util plat machine driver guest_sim
                                        LINKS core FRAMES GNU)
smmu_layer(linux_tool DIR linux/tool    SEES linux_world linux_boundary linux_faults engine arch util plat
                                             machine traces tools
                                        MAYBE watch
                                        LIBS jansson GNU)
smmu_layer(tools      DIR tools         SEES engine arch util traces litmus plat machine
                                        MAYBE driver host_sim guest_sim watch
                                        LIBS jansson GNU)
smmu_layer(tlm        DIR tlm           LINKS engine core)

# Layers that become libraries by the rule below; tools and linux_tool are executables (Tool.cmake,
# Linux.cmake), tlm is C++ (Tlm.cmake). linux/asm and linux/kernel are no rows: they are compiled with the
# headers of the kernel alone, and see of ours linux/boundary only.
function(smmu_library_layers out)
  get_property(names GLOBAL PROPERTY smmu_layers)
  list(REMOVE_ITEM names tools linux_tool tlm)
  set(${out} ${names} PARENT_SCOPE)
endfunction()

# Read a column of a row: smmu_layer_get(out core SEES)
function(smmu_layer_get out name column)
  get_property(value GLOBAL PROPERTY smmu_${name}_${column})
  set(${out} ${value} PARENT_SCOPE)
endfunction()

# The include root of a row: a directory with one entry, a symbolic link with the row's name.
# "core/state.h" is then found by those who got this root and by nobody else.
function(smmu_include_root out name dir)
  set(root ${CMAKE_BINARY_DIR}/inc/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${dir} ${root}/${name} SYMBOLIC)
  set(${out} ${root} PARENT_SCOPE)
endfunction()

# Let target include the headers of the named rows (and the public ones).
function(smmu_target_sees target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/model/include)
  foreach(name IN LISTS ARGN)
    smmu_layer_get(dir ${name} DIR)
    smmu_include_root(root ${name} ${dir})
    target_include_directories(${target} PRIVATE ${root})
  endforeach()
endfunction()

# Sets ${out} to the first row that `name` needs and that does not exist yet, or to nothing.
function(smmu_missing_layer out name)
  set(missing "")
  smmu_layer_get(sees ${name} SEES)
  smmu_layer_get(links ${name} LINKS)
  foreach(needed IN LISTS sees links)
    if(NOT TARGET smmu_${needed})
      set(missing ${needed})
      break()
    endif()
  endforeach()
  set(${out} "${missing}" PARENT_SCOPE)
endfunction()

# Options every target of ours gets.
function(smmu_target_options target)
  target_link_libraries(${target} PRIVATE smmu_warnings smmu_sanitizers)
  target_compile_definitions(${target} PRIVATE SMMU_DEBUG=$<BOOL:${SMMU_DEBUG}>)
endfunction()

# What plat/place.h and debuggers need to say where software is: frame pointers, functions that end in a
# call, and code of one line that is not merged with that of another.
function(smmu_target_frames target)
  target_compile_options(${target} PRIVATE -fno-omit-frame-pointer -fno-optimize-sibling-calls
    $<$<C_COMPILER_ID:GNU>:-fno-crossjumping -fno-tree-tail-merge -fno-ipa-icf>)
endfunction()

# One row as a library: static with .c files, interface with headers alone, nothing while it is
# empty.
function(smmu_add_layer name)
  smmu_layer_get(dir ${name} DIR)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/*.c)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/*.h)
  smmu_missing_layer(missing ${name})
  if(NOT sources AND NOT headers)
    return()
  endif()
  if(missing)
    message(STATUS "smmu_${name}: skipped, ${missing} has no files yet")
    return()
  endif()
  if(NOT sources)
    add_library(smmu_${name} INTERFACE)
    return()
  endif()

  foreach(column IN ITEMS SEES LINKS LIBS WANTS GNU FRAMES)
    smmu_layer_get(${column} ${name} ${column})
  endforeach()
  add_library(smmu_${name} STATIC ${sources})
  smmu_target_sees(smmu_${name} ${name} ${SEES})
  smmu_target_options(smmu_${name})
  smmu_link_optimised(smmu_${name})
  foreach(other IN LISTS SEES LINKS)
    target_link_libraries(smmu_${name} PUBLIC smmu_${other})
  endforeach()
  foreach(lib IN LISTS LIBS)
    smmu_require_dep(${lib})
    target_link_libraries(smmu_${name} PUBLIC smmu_dep_${lib})
  endforeach()
  foreach(lib IN LISTS WANTS)
    smmu_want_dep(${lib})
    if(TARGET smmu_dep_${lib})
      target_link_libraries(smmu_${name} PUBLIC smmu_dep_${lib})
    endif()
    string(TOUPPER ${lib} upper)
    target_compile_definitions(smmu_${name} PRIVATE
      SMMU_HAVE_${upper}=$<BOOL:$<TARGET_EXISTS:smmu_dep_${lib}>>)
  endforeach()
  if(FRAMES)
    smmu_target_frames(smmu_${name})
  endif()
  if(GNU)
    target_compile_definitions(smmu_${name} PRIVATE $<$<COMPILE_LANGUAGE:C>:_GNU_SOURCE=>)
  endif()
endfunction()
