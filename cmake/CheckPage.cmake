# cmake -DPROGRAM=regdoc -DPAGE=name -DFILE=docs/name.md -P CheckPage.cmake: the page in the tree is
# what the program prints now.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${PROGRAM} ${PAGE} OUTPUT_VARIABLE printed RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ${PAGE}: exit status ${status}")
endif()
file(READ ${FILE} kept)
if(NOT printed STREQUAL kept)
  message(FATAL_ERROR "${FILE} is stale. Renew it: ${PROGRAM} ${PAGE} > ${FILE}")
endif()
message(NOTICE "page: ${FILE} is what regdoc prints")
