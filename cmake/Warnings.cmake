# Warnings for our own code, on the target smmu_warnings.

option(SMMU_WERROR "Treat warnings as errors" OFF)

set(smmu_c_warnings
  -Wall -Wextra -Wconversion -Wshadow -Wundef -Wvla
  -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition -Wnested-externs
  -Wpointer-arith -Wwrite-strings -Wredundant-decls -Wformat=2 -Wimplicit-fallthrough
  -Wdouble-promotion -Wmissing-declarations)
set(smmu_cxx_warnings -Wall -Wextra -Wshadow -Wundef -Wvla -Wpointer-arith -Wformat=2)

if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND smmu_c_warnings -Wduplicated-cond -Wlogical-op)
  if(SMMU_SANITIZE)
    # GCC 12 reports paths that exist only in the instrumented code.
    list(APPEND smmu_c_warnings -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
  endif()
endif()
if(SMMU_WERROR)
  list(APPEND smmu_c_warnings -Werror)
  list(APPEND smmu_cxx_warnings -Werror)
endif()

add_library(smmu_warnings INTERFACE)
target_compile_options(smmu_warnings INTERFACE
  "$<$<COMPILE_LANGUAGE:C>:${smmu_c_warnings}>"
  "$<$<COMPILE_LANGUAGE:CXX>:${smmu_cxx_warnings}>")
