# Debian packages, by `cpack` in a build with BUILD_SHARED_LIBS: the library, named by its SOVERSION; what is needed to build with it;
# the command. Only the last two depend on exactly this version: programs built with the library go on with any of its SOVERSION.
set(ipcarc_abi "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ipcarc)
set(CPACK_PACKAGE_VENDOR ipcarc)
set(CPACK_PACKAGE_CONTACT "ipcarc's maintainers <maintainers@ipcarc.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_PACKAGING_INSTALL_PREFIX "/usr")
set(CPACK_STRIP_FILES ON)

set(CPACK_COMPONENTS_ALL lib dev)
if(TARGET ipcarc_tool)
  list(APPEND CPACK_COMPONENTS_ALL tool)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}")
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)

set(CPACK_DEBIAN_LIB_PACKAGE_NAME "libipcarc${ipcarc_abi}")
set(CPACK_COMPONENT_LIB_DESCRIPTION "The shared library.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libipcarc-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "libipcarc${ipcarc_abi} (= ${PROJECT_VERSION}), libboost-dev (>= 1.81) | libboost1.81-dev, libfmt-dev"
)
# For <ipcarc/serialization.hpp> and <ipcarc/json.hpp>.
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS "libcereal-dev, nlohmann-json3-dev, pkg-config | pkgconf")
set(CPACK_COMPONENT_DEV_DESCRIPTION
    "Headers, the static library, the CMake package and the pkg-config file.")

set(CPACK_DEBIAN_TOOL_PACKAGE_NAME ipcarc)
set(CPACK_DEBIAN_TOOL_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_TOOL_PACKAGE_DEPENDS "libipcarc${ipcarc_abi} (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_TOOL_DESCRIPTION "The command that looks into registries, and mends them.")

include(CPack)
