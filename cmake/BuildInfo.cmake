# cmake -DSOURCE=dir -DVERSION=x.y.z -DOUTPUT=file -P BuildInfo.cmake: writes smmu_build.h; works
# without git.
set(id "release")
if(EXISTS ${SOURCE}/.git)
  execute_process(COMMAND git describe --always --dirty WORKING_DIRECTORY ${SOURCE}
    OUTPUT_VARIABLE described ERROR_QUIET RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(status EQUAL 0)
    set(id ${described})
  endif()
endif()
set(text "/* Written by cmake/BuildInfo.cmake at every build. */
#ifndef SMMU_BUILD_H
#define SMMU_BUILD_H

#define SMMU_BUILD_VERSION \"${VERSION}\"
#define SMMU_BUILD_ID      \"${id}\"

#endif
")
set(old "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} old)
endif()
if(NOT text STREQUAL old)
  file(WRITE ${OUTPUT} "${text}")
endif()
