# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# Install: both libraries, the headers, the CMake package and eddy.pc.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/eddy")
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

install(
  TARGETS eddy_static eddy_shared
  EXPORT eddyTargets
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT eddyTargets NAMESPACE eddy:: DESTINATION "${package_dir}")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/eddyConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/eddyConfig.cmake"
  INSTALL_DESTINATION "${package_dir}"
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 a minor version may change the API.
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/eddyConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/eddyConfig.cmake"
              "${PROJECT_BINARY_DIR}/eddyConfigVersion.cmake"
        DESTINATION "${package_dir}")

# eddy.pc names its prefix relative to its own place, so that the whole tree
# can be moved. With an absolute library directory it cannot be, and the prefix
# is a constant.
if(IS_ABSOLUTE "${pkgconfig_dir}")
  set(EDDY_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
  set(EDDY_PC_LIBDIR "${CMAKE_INSTALL_LIBDIR}")
else()
  file(RELATIVE_PATH up "/prefix/${pkgconfig_dir}" "/prefix")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(EDDY_PC_PREFIX "\${pcfiledir}/${up}")
  set(EDDY_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(EDDY_PC_INCLUDEDIR "${CMAKE_INSTALL_INCLUDEDIR}")
else()
  set(EDDY_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
set(EDDY_PC_REQUIRES fmt libcrypto zlib ${EDDY_BACKEND_PKGS})
list(JOIN EDDY_PC_REQUIRES ", " EDDY_PC_REQUIRES)
configure_file("${PROJECT_SOURCE_DIR}/cmake/eddy.pc.in"
               "${PROJECT_BINARY_DIR}/eddy.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/eddy.pc" DESTINATION "${pkgconfig_dir}")
