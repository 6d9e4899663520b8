# Install rules: library, headers, CMake package, pkg-config file. Components, each a package of its own (IpcarcPackage.cmake):
# lib (the shared library), dev (what is needed to build with it), tool (the command).
include(CMakePackageConfigHelpers)

set(ipcarc_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ipcarc")

# Beside the shared library the static one, of the same objects, so that a user can choose: ipcarc::static.
set(ipcarc_static "")
if(BUILD_SHARED_LIBS)
  add_library(ipcarc_static STATIC $<TARGET_OBJECTS:ipcarc>)
  target_include_directories(
    ipcarc_static INTERFACE $<TARGET_PROPERTY:ipcarc,INTERFACE_INCLUDE_DIRECTORIES>)
  target_compile_features(ipcarc_static PUBLIC cxx_std_20)
  target_link_libraries(ipcarc_static PUBLIC Boost::headers Threads::Threads fmt::fmt)
  set_target_properties(ipcarc_static PROPERTIES OUTPUT_NAME ipcarc EXPORT_NAME static
                                                 LINKER_LANGUAGE CXX)
  set(ipcarc_static ipcarc_static)
endif()

install(
  TARGETS ipcarc ${ipcarc_static}
  EXPORT ipcarcTargets
  LIBRARY COMPONENT lib NAMELINK_COMPONENT dev
  ARCHIVE COMPONENT dev
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILE_SET HEADERS COMPONENT dev)
install(
  EXPORT ipcarcTargets
  NAMESPACE ipcarc::
  DESTINATION "${ipcarc_cmake_dir}"
  COMPONENT dev)

# A set of its own, since it needs cereal.
install(
  TARGETS ipcarc_serialization
  EXPORT ipcarcSerializationTargets
  FILE_SET HEADERS COMPONENT dev)
install(
  EXPORT ipcarcSerializationTargets
  NAMESPACE ipcarc::
  DESTINATION "${ipcarc_cmake_dir}"
  COMPONENT dev)

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/ipcarcConfig.cmake.in" "${PROJECT_BINARY_DIR}/ipcarcConfig.cmake"
  INSTALL_DESTINATION "${ipcarc_cmake_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ipcarcConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(
  FILES "${PROJECT_BINARY_DIR}/ipcarcConfig.cmake"
        "${PROJECT_BINARY_DIR}/ipcarcConfigVersion.cmake"
  DESTINATION "${ipcarc_cmake_dir}"
  COMPONENT dev)

# The prefix is found from where the file lies, however deep (lib/x86_64-linux-gnu), so that the tree can be moved.
file(RELATIVE_PATH ipcarc_pc_to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file("${PROJECT_SOURCE_DIR}/cmake/ipcarc.pc.in" "${PROJECT_BINARY_DIR}/ipcarc.pc" @ONLY)
install(
  FILES "${PROJECT_BINARY_DIR}/ipcarc.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
  COMPONENT dev)
install(
  FILES "${PROJECT_SOURCE_DIR}/LICENSE"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}"
  COMPONENT dev)
