# Builds and runs the consumer: MODE find_package (against an installed tree) or add_subdirectory.
# The second builds the whole library again, so without optimisation.
if(MODE STREQUAL "add_subdirectory")
  set(BUILD_TYPE Debug)
endif()

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")
set(arguments
    "-DMODE=${MODE}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}"
    "-DCMAKE_CXX_COMPILER_LAUNCHER=${COMPILER_LAUNCHER}" "-DCMAKE_CXX_FLAGS=${FLAGS}"
    "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" "-DBUILD_SHARED_LIBS=${SHARED}")
if(MODE STREQUAL "find_package")
  run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${WORK_DIR}/prefix")
  list(APPEND arguments "-DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix")
else()
  list(APPEND arguments "-DIPCARC_SOURCE_DIR=${SOURCE_DIR}")
endif()
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK_DIR}/build" ${arguments})
run("${CMAKE_COMMAND}" --build "${WORK_DIR}/build")
run("${ISOLATED}" "${WORK_DIR}/build/consumer")
run("${ISOLATED}" "${WORK_DIR}/build/encoding_consumer")

# The pkg-config file names the same library.
find_program(PKG_CONFIG pkg-config)
if(MODE STREQUAL "find_package" AND PKG_CONFIG)
  file(GLOB_RECURSE pc "${WORK_DIR}/prefix/*/ipcarc.pc")
  cmake_path(GET pc PARENT_PATH pc_dir)
  run("${CMAKE_COMMAND}" -E env "PKG_CONFIG_PATH=${pc_dir}" "${PKG_CONFIG}" --print-errors --exists
      ipcarc)
endif()
