# Files that travel inside the program.
#
#   smmu_embed(target patterns...)   compiles the files that match, below the source directory, into
#                                    a target, as machine_embedded[] of machine/embedded.h
#
# Run as a script, with -DOUTPUT=file.c and -DFILES="a.yaml;b.csv", it writes that source file.
if(CMAKE_SCRIPT_MODE_FILE)
  set(text "/* Written by cmake/Embed.cmake at every build. */\n#include \"machine/embedded.h\"\n\n")
  set(rows "")
  set(count 0)
  foreach(file IN LISTS FILES)
    get_filename_component(name ${file} NAME)
    get_filename_component(folder ${file} DIRECTORY)
    get_filename_component(folder ${folder} NAME)
    file(READ ${file} hex HEX)
    string(LENGTH "${hex}" digits)
    math(EXPR length "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND text "static const unsigned char file_${count}[] = { ${bytes} 0 };\n")
    string(APPEND rows "  { \"${folder}\", \"${name}\", file_${count}, ${length} },\n")
    math(EXPR count "${count} + 1")
  endforeach()
  string(APPEND text "\nconst struct machine_file machine_embedded[] = {\n${rows}};\n")
  string(APPEND text "const size_t machine_embedded_count = ${count};\n")
  file(WRITE ${OUTPUT} "${text}")
  return()
endif()

set(smmu_embed_script ${CMAKE_CURRENT_LIST_FILE})

function(smmu_embed target)
  if(NOT TARGET ${target})
    return()
  endif()
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/)
  file(GLOB files CONFIGURE_DEPENDS ${ARGN})
  set(output ${CMAKE_BINARY_DIR}/embedded_${target}.c)
  string(REPLACE ";" "\\;" list "${files}")
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DFILES=${list} -P ${smmu_embed_script}
    DEPENDS ${files} ${smmu_embed_script} COMMENT "" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
