# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# ReadmeEcho: makes the first C++ program of README.md the target readme_echo.
#
# It is compiled as it stands there, except that it takes its address from the
# environment, for the test chooses one that is free.

set(readme "${PROJECT_SOURCE_DIR}/README.md")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${readme}")
file(READ "${readme}" text)
if(NOT text MATCHES "\n```cpp\n([^`]+)```\n")
  message(FATAL_ERROR "README.md has no block of C++.")
endif()
string(REPLACE [[":1833"]] [[std::getenv("EDDY_README_ADDRESS")]]
               source "${CMAKE_MATCH_1}")
if(source STREQUAL CMAKE_MATCH_1)
  message(FATAL_ERROR "The first program of README.md is not on port 1833.")
endif()
set(path "${CMAKE_CURRENT_BINARY_DIR}/readme_echo.cc")
file(CONFIGURE OUTPUT "${path}" CONTENT "#include <cstdlib>\n${source}" @ONLY)

add_executable(readme_echo "${path}")
target_link_libraries(readme_echo PRIVATE eddy::eddy eddy_build_flags)
