# Makes the reference: cmake -DSOURCE=... -DOUTPUT=... -DVERSION=... -P reference.cmake
#
# Fails if Doxygen has something to say. Everything public has a comment but what its name says already: members that are
# variables, types of a class, comparison; and but the operations of the erased interfaces, which concepts specify.
cmake_minimum_required(VERSION 3.25)

find_program(doxygen doxygen)
find_path(style doxygen-awesome.css PATHS /usr/share/doxygen-awesome-css)
if(NOT doxygen OR NOT style)
  message(FATAL_ERROR "The reference needs Doxygen and its style (Debian: doxygen, doxygen-awesome-css).")
endif()

# Public is what does not say that it is private.
file(GLOB_RECURSE headers "${SOURCE}/include/heddle/*.hpp")
set(INPUT "")
foreach(header IN LISTS headers)
  file(STRINGS "${header}" first LIMIT_COUNT 1)
  if(NOT first MATCHES "^// Private:")
    string(APPEND INPUT " \\\n  \"${header}\"")
  endif()
endforeach()
file(GLOB pages "${SOURCE}/README.md" "${SOURCE}/include/heddle/doc/*.md" "${SOURCE}/include/heddle/doc/*.dox"
  "${SOURCE}/benchmarks/peers/results.md")
foreach(page IN LISTS pages)
  string(APPEND INPUT " \\\n  \"${page}\"")
endforeach()

set(PROJECT_VERSION "${VERSION}")
set(STYLE "${style}")
file(REMOVE_RECURSE "${OUTPUT}")
configure_file("${CMAKE_CURRENT_LIST_DIR}/Doxyfile.in" "${OUTPUT}/Doxyfile" @ONLY)
execute_process(COMMAND "${doxygen}" "${OUTPUT}/Doxyfile" WORKING_DIRECTORY "${SOURCE}" COMMAND_ERROR_IS_FATAL ANY)

file(STRINGS "${OUTPUT}/warnings.txt" warnings)
list(FILTER warnings EXCLUDE REGEX "=0 \\(function\\) of class heddle::erased::[A-Za-z]+ is not documented")
list(FILTER warnings EXCLUDE REGEX "Member (.* \\((variable|typedef)\\) of|operator==).* is not documented")
if(warnings)
  list(JOIN warnings "\n  " warnings)
  message(FATAL_ERROR "Doxygen warns:\n  ${warnings}")
endif()
message(STATUS "The reference is ${OUTPUT}/html/index.html")
