# Builds and runs the consumer: METHOD find_package (of the tree at PREFIX), add_subdirectory or fetch_content (of SOURCE_DIR).
#
# The last two build the whole library again, so without optimisation; and without the paths that debug information has, so that a compiler
# cache can answer.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")
set(arguments
    "-DMETHOD=${METHOD}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}"
    "-DCMAKE_CXX_COMPILER_LAUNCHER=${COMPILER_LAUNCHER}" "-DCMAKE_CXX_FLAGS=${FLAGS}"
    -DCMAKE_BUILD_TYPE= "-DBUILD_SHARED_LIBS=${SHARED}")
if(METHOD STREQUAL "find_package")
  list(APPEND arguments "-DCMAKE_PREFIX_PATH=${PREFIX}")
elseif(METHOD STREQUAL "fetch_content")
  # What a release's archive would have, as far as a subproject needs it.
  file(MAKE_DIRECTORY "${WORK_DIR}")
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -E tar cz "${WORK_DIR}/ipcarc.tar.gz" CMakeLists.txt LICENSE cmake
            registry containers serialization values cache
    WORKING_DIRECTORY "${SOURCE_DIR}" COMMAND_ERROR_IS_FATAL ANY)
  list(APPEND arguments "-DIPCARC_ARCHIVE=${WORK_DIR}/ipcarc.tar.gz")
else()
  list(APPEND arguments "-DIPCARC_SOURCE_DIR=${SOURCE_DIR}")
endif()
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK_DIR}/build" ${arguments})
run("${CMAKE_COMMAND}" --build "${WORK_DIR}/build")
foreach(consumer IN ITEMS consumer encoding_consumer static_consumer)
  if(EXISTS "${WORK_DIR}/build/${consumer}")
    run("${ISOLATED}" "${WORK_DIR}/build/${consumer}")
  endif()
endforeach()
