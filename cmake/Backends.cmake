# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# Backends: which pollers this machine can build.
#
# Sets EDDY_HAS_EPOLL, EDDY_HAS_KQUEUE and EDDY_HAS_IO_URING to 0 or 1, and
# EDDY_BACKEND_LIBRARIES to what the static library needs linked because of
# them; EDDY_BACKEND_PKGS names the same for pkg-config.

set(EDDY_BACKEND_LIBRARIES)
set(EDDY_BACKEND_PKGS)
set(EDDY_HAS_EPOLL 0)
set(EDDY_HAS_KQUEUE 0)
set(EDDY_HAS_IO_URING 0)

if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(EDDY_HAS_EPOLL 1)
  find_package(PkgConfig QUIET)
  if(NOT EDDY_IO_URING STREQUAL "OFF")
    if(PkgConfig_FOUND)
      pkg_check_modules(LIBURING QUIET IMPORTED_TARGET GLOBAL liburing>=2.3)
    endif()
    if(LIBURING_FOUND)
      set(EDDY_HAS_IO_URING 1)
      list(APPEND EDDY_BACKEND_LIBRARIES PkgConfig::LIBURING)
      list(APPEND EDDY_BACKEND_PKGS liburing)
    elseif(EDDY_IO_URING STREQUAL "ON")
      message(FATAL_ERROR
        "EDDY_IO_URING=ON needs liburing 2.3, and pkg-config finds none. "
        "Install liburing's development package or set EDDY_IO_URING=AUTO.")
    endif()
  endif()
  if(NOT EDDY_KQUEUE STREQUAL "OFF")
    if(PkgConfig_FOUND)
      pkg_check_modules(LIBKQUEUE QUIET IMPORTED_TARGET GLOBAL libkqueue)
    endif()
    if(LIBKQUEUE_FOUND)
      set(EDDY_HAS_KQUEUE 1)
      list(APPEND EDDY_BACKEND_LIBRARIES PkgConfig::LIBKQUEUE)
      list(APPEND EDDY_BACKEND_PKGS libkqueue)
    elseif(EDDY_KQUEUE STREQUAL "ON")
      message(FATAL_ERROR
        "EDDY_KQUEUE=ON needs libkqueue here, and pkg-config finds none. "
        "Install libkqueue's development package or set EDDY_KQUEUE=AUTO.")
    endif()
  endif()
elseif(CMAKE_SYSTEM_NAME MATCHES "BSD|Darwin|DragonFly")
  if(EDDY_IO_URING STREQUAL "ON")
    message(FATAL_ERROR "EDDY_IO_URING=ON: io_uring is Linux's.")
  endif()
  if(EDDY_KQUEUE STREQUAL "OFF")
    message(FATAL_ERROR "EDDY_KQUEUE=OFF leaves no backend on this system.")
  endif()
  set(EDDY_HAS_KQUEUE 1)
else()
  message(FATAL_ERROR "eddy has no backend for ${CMAKE_SYSTEM_NAME}.")
endif()

message(STATUS "eddy backends: epoll ${EDDY_HAS_EPOLL}, "
               "kqueue ${EDDY_HAS_KQUEUE}, io_uring ${EDDY_HAS_IO_URING}")
