# Configures, builds and runs the project in SOURCE as a user would, in BINARY, with GENERATOR and COMPILER. Arguments
# after -- are passed to its configuration. The project's program is called consume.
cmake_minimum_required(VERSION 3.25)

# Flags in the environment, of a user or of the continuous integration, must not count as Heddle's.
unset(ENV{CXXFLAGS})
unset(ENV{CPPFLAGS})

set(settings "")
set(seen FALSE)
foreach(index RANGE ${CMAKE_ARGC})
  if(seen AND index LESS CMAKE_ARGC)
    list(APPEND settings "${CMAKE_ARGV${index}}")
  elseif("${CMAKE_ARGV${index}}" STREQUAL "--")
    set(seen TRUE)
  endif()
endforeach()

# --fresh forgets the cache but keeps the object files: a second run compiles only what changed.
execute_process(COMMAND "${CMAKE_COMMAND}" --fresh -S "${SOURCE}" -B "${BINARY}" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON ${settings}
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${BINARY}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${BINARY}/consume" WORKING_DIRECTORY "${BINARY}"
  COMMAND_ERROR_IS_FATAL ANY)

# Users of the library must not get Heddle's warnings, optimisation and instrumentation.
file(READ "${BINARY}/compile_commands.json" commands)
string(JSON count LENGTH "${commands}")
math(EXPR last "${count} - 1")
set(checked 0)
foreach(index RANGE ${last})
  string(JSON file GET "${commands}" ${index} file)
  string(JSON command GET "${commands}" ${index} command)
  if(NOT command MATCHES "CMakeFiles/consume\\.dir/")
    continue()  # a file of Heddle itself
  endif()
  math(EXPR checked "${checked} + 1")
  # The definition that heddle/open_traced.hpp needs, and the one by which a header only declares its backend.
  string(REGEX REPLACE " -DHEDDLE_(WITH_POSTGRES=1|SQLITE_COMPILED) " " " command "${command}")
  if(command MATCHES " (-[wWOg][^ ]*|-pedantic[^ ]*|-f[^ ]*|-DHEDDLE[^ ]*)( |$)")
    message(FATAL_ERROR "${file} is compiled with a flag that the project does not set: "
                        "${CMAKE_MATCH_1}\n${command}")
  endif()
endforeach()
if(checked EQUAL 0)
  message(FATAL_ERROR "The project compiled no file, so nothing was checked.")
endif()
