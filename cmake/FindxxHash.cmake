# Finds xxHash as a header-only library: the target xxHash::headers inlines every function that is used, so nothing
# is linked and two versions in one process cannot meet.
# Defined as nothing, as a source that defines it itself says it too.
find_path(xxHash_INCLUDE_DIR xxhash.h)
mark_as_advanced(xxHash_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(xxHash REQUIRED_VARS xxHash_INCLUDE_DIR)

if(xxHash_FOUND AND NOT TARGET xxHash::headers)
  add_library(xxHash::headers INTERFACE IMPORTED)
  target_include_directories(xxHash::headers INTERFACE "${xxHash_INCLUDE_DIR}")
  target_compile_definitions(xxHash::headers INTERFACE XXH_INLINE_ALL=)
endif()
