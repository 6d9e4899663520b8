# Install rules: library, headers, CMake package, pkg-config file.
include(CMakePackageConfigHelpers)

set(ipcarc_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ipcarc")

install(
  TARGETS ipcarc
  EXPORT ipcarcTargets
  FILE_SET HEADERS)
install(
  EXPORT ipcarcTargets
  NAMESPACE ipcarc::
  DESTINATION "${ipcarc_cmake_dir}")

# A set of its own, since it needs cereal.
install(
  TARGETS ipcarc_serialization
  EXPORT ipcarcSerializationTargets
  FILE_SET HEADERS)
install(
  EXPORT ipcarcSerializationTargets
  NAMESPACE ipcarc::
  DESTINATION "${ipcarc_cmake_dir}")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/ipcarcConfig.cmake.in" "${PROJECT_BINARY_DIR}/ipcarcConfig.cmake"
  INSTALL_DESTINATION "${ipcarc_cmake_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ipcarcConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/ipcarcConfig.cmake"
              "${PROJECT_BINARY_DIR}/ipcarcConfigVersion.cmake" DESTINATION "${ipcarc_cmake_dir}")

configure_file("${PROJECT_SOURCE_DIR}/cmake/ipcarc.pc.in" "${PROJECT_BINARY_DIR}/ipcarc.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/ipcarc.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
