# Configures the project as the README says under "Use it", and checks that `cmake --install` would install the command
# with its documents then. packaging.install installs them.
cmake_minimum_required(VERSION 3.25)

file(READ "${SOURCE}/README.md" readme)
set(begin "cmake -S . -B build/install ")
string(FIND "${readme}" "${begin}" start)
string(FIND "${readme}" "cmake --build build/install\n" end)
string(FIND "${readme}" "cmake --install build/install --prefix " install)
if(start EQUAL -1 OR end LESS start OR install LESS end)
  message(FATAL_ERROR "The README does not say how to configure, build and install.")
endif()
math(EXPR size "${end} - ${start}")
string(SUBSTRING "${readme}" ${start} ${size} line)
string(REGEX MATCHALL "-D[^ \n]+" settings "${line}")
if(NOT settings)
  message(FATAL_ERROR "The README's line has no settings: ${line}")
endif()

execute_process(COMMAND "${CMAKE_COMMAND}" --fresh -S "${SOURCE}" -B "${SCRATCH}" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" ${settings} COMMAND_ERROR_IS_FATAL ANY)

set(script "${SCRATCH}/examples/heddle/cmake_install.cmake")
if(NOT EXISTS "${script}")
  message(FATAL_ERROR "The README's line installs no command: ${line}")
endif()
file(READ "${script}" text)
foreach(file IN ITEMS heddle documents/heddle documents/_heddle documents/heddle.fish documents/heddle.1)
  string(FIND "${text}" "${SCRATCH}/examples/heddle/${file}\"" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "The README's line does not install ${file} of the command.")
  endif()
endforeach()
