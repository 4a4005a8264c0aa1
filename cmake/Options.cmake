# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# Options: what a user of the build can choose.

# Whoever adds eddy to a project of their own wants the library alone.
option(EDDY_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(EDDY_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
# The load generator and the baselines are written for Linux.
if(PROJECT_IS_TOP_LEVEL AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
  option(EDDY_BUILD_BENCH "Build the benchmarks" ON)
else()
  option(EDDY_BUILD_BENCH "Build the benchmarks" OFF)
endif()
option(EDDY_BUILD_PEERS "Build the echo servers on other libraries too" ON)
option(EDDY_UNITY_TESTS "Compile test files several at once, which is faster"
       OFF)
option(EDDY_WERROR "Treat warnings as errors" OFF)
option(EDDY_FUZZ "Build the libFuzzer targets (needs clang)" OFF)

# eddy_choice(NAME DEFAULT DOC VALUE...): an option with a fixed set of values.
function(eddy_choice name default doc)
  set(${name} "${default}" CACHE STRING "${doc}")
  set_property(CACHE ${name} PROPERTY STRINGS ${ARGN})
  # Not list(FIND): it cannot tell the empty value from an empty list.
  foreach(value IN LISTS ARGN)
    if("${${name}}" STREQUAL "${value}")
      return()
    endif()
  endforeach()
  list(JOIN ARGN "', '" values)
  message(FATAL_ERROR "${name} is '${${name}}', not one of '${values}'.")
endfunction()

eddy_choice(EDDY_IO_URING AUTO "The io_uring backend" AUTO ON OFF)
eddy_choice(EDDY_KQUEUE AUTO "The kqueue backend; libkqueue on Linux"
            AUTO ON OFF)
eddy_choice(EDDY_SANITIZE "" "Sanitizers to build with"
            "" "address,undefined" "thread")

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release)
  endif()
  if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(EDDY_CCACHE ccache)
    mark_as_advanced(EDDY_CCACHE)
    if(EDDY_CCACHE)
      set(CMAKE_CXX_COMPILER_LAUNCHER "${EDDY_CCACHE}")
    endif()
  endif()
endif()
