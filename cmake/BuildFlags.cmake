# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# BuildFlags: how everything in this tree is compiled, and nobody else's code.
#
# Two targets: eddy_build_flags for every program and library here, and
# eddy_internal on top of it for code that may include what is under src/.

set(CMAKE_CXX_EXTENSIONS OFF)

add_library(eddy_build_flags INTERFACE)
target_compile_features(eddy_build_flags INTERFACE cxx_std_20)
target_compile_options(
  eddy_build_flags
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
            -Wnon-virtual-dtor -Wcast-qual)
if(EDDY_WERROR)
  target_compile_options(eddy_build_flags INTERFACE -Werror)
endif()

if(EDDY_SANITIZE)
  target_compile_options(
    eddy_build_flags
    INTERFACE -fsanitize=${EDDY_SANITIZE} -fno-sanitize-recover=all
              -fno-omit-frame-pointer)
  target_link_options(eddy_build_flags INTERFACE -fsanitize=${EDDY_SANITIZE})
  target_compile_definitions(eddy_build_flags INTERFACE _GLIBCXX_ASSERTIONS)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC documents that sanitizers cause false reports of this one. The
    # release build has it on.
    target_compile_options(eddy_build_flags
                           INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()

if(NOT EDDY_SANITIZE
   AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 takes "literal" + std::string for a copy onto itself when it
  # optimises (its bug 105651).
  target_compile_options(eddy_build_flags INTERFACE -Wno-restrict)
endif()

if(EDDY_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "EDDY_FUZZ=ON needs clang: libFuzzer is part of it.")
  endif()
  target_compile_options(eddy_build_flags
                         INTERFACE -fsanitize=fuzzer-no-link)
endif()

add_library(eddy_internal INTERFACE)
target_include_directories(eddy_internal INTERFACE "${PROJECT_SOURCE_DIR}/src")
target_compile_definitions(
  eddy_internal
  INTERFACE EDDY_HAS_EPOLL=${EDDY_HAS_EPOLL}
            EDDY_HAS_KQUEUE=${EDDY_HAS_KQUEUE}
            EDDY_HAS_IO_URING=${EDDY_HAS_IO_URING})
target_link_libraries(
  eddy_internal INTERFACE eddy_build_flags fmt::fmt OpenSSL::Crypto ZLIB::ZLIB
                          Threads::Threads ${EDDY_BACKEND_LIBRARIES})
