# Installs a build without heddle::open, heddle::postgres and the compiled backends; find_package must refuse each and
# say why.
cmake_minimum_required(VERSION 3.25)

set(common -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}")
file(REMOVE_RECURSE "${SCRATCH}")
execute_process(COMMAND "${CMAKE_COMMAND}" -S "${HEDDLE_SOURCE}" -B "${SCRATCH}/build" ${common}
  -DHEDDLE_WITH_OPEN=OFF -DHEDDLE_WITH_POSTGRES=OFF -DHEDDLE_WITH_PROMETHEUS=OFF -DHEDDLE_BUILD_TESTS=OFF -DHEDDLE_BUILD_EXAMPLES=OFF
  -DHEDDLE_BUILD_BENCHMARKS=OFF -DHEDDLE_BUILD_COMMAND=OFF COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${SCRATCH}/build" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${SCRATCH}/build" --prefix "${SCRATCH}/prefix"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

foreach(part IN ITEMS open postgres sqlite_compiled prometheus)
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${CONSUMER}" -B "${SCRATCH}/consumer_${part}" ${common}
    -DWAY=find_package_${part} "-DCMAKE_PREFIX_PATH=${SCRATCH}/prefix"
    RESULT_VARIABLE code OUTPUT_QUIET ERROR_VARIABLE error)
  if(code EQUAL 0)
    message(FATAL_ERROR "A package without heddle::${part} was accepted by a project that requires it.")
  endif()
  string(REGEX REPLACE "[ \n]+" " " error "${error}")
  if(NOT error MATCHES "This build of heddle has no component '${part}'; it has: core, sqlite")
    message(FATAL_ERROR "The refusal does not say the reason:\n${error}")
  endif()
endforeach()
