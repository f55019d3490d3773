# The first C++ block of the README is exactly the example quickstart, so that readers copy code that compiles.
cmake_minimum_required(VERSION 3.25)

file(READ "${SOURCE}/README.md" readme)
file(READ "${SOURCE}/examples/quickstart/main.cpp" example)
string(FIND "${readme}" "```cpp\n" start)
math(EXPR start "${start} + 7")
string(SUBSTRING "${readme}" ${start} -1 rest)
string(FIND "${rest}" "```" end)
string(SUBSTRING "${rest}" 0 ${end} shown)
if(NOT shown STREQUAL example)
  message(FATAL_ERROR "The first C++ block of the README differs from examples/quickstart/main.cpp.")
endif()
