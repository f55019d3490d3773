# Installs the build in BINARY to PREFIX, which is emptied first, so that no old file can hide a fault.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${PREFIX}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BINARY}" --prefix "${PREFIX}"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

set(backends sqlite)
set(files "")
if(WITH_POSTGRES)
  list(APPEND backends postgres)
  set(files share/heddle/migrations/postgres_roles.sql)
endif()
foreach(backend IN LISTS backends)
  list(APPEND files "include/heddle/${backend}/embedded_migrations.hpp"
    "share/heddle/migrations/${backend}/000001_*.up.sql" "share/heddle/migrations/${backend}/000001_*.down.sql")
endforeach()
foreach(file IN LISTS files)
  file(GLOB found "${PREFIX}/${file}")
  if(NOT found)
    message(FATAL_ERROR "The installation has no ${file}.")
  endif()
endforeach()

# A package with a path of this build does not work on another machine.
get_filename_component(source "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
file(GLOB_RECURSE files "${PREFIX}/*.cmake" "${PREFIX}/*.hpp" "${PREFIX}/*.h")
foreach(file IN LISTS files)
  file(STRINGS "${file}" lines)
  foreach(path IN ITEMS "${source}" "${BINARY}")
    string(FIND "${lines}" "${path}/" position)
    if(NOT position EQUAL -1)
      message(FATAL_ERROR "${file} names a folder of this build: ${path}")
    endif()
  endforeach()
endforeach()
