# The first C++ block of the README is the example quickstart, to the letter: what a reader copies is what was compiled.
cmake_minimum_required(VERSION 3.25)

file(READ "${SOURCE}/README.md" readme)
file(READ "${SOURCE}/examples/quickstart/main.cpp" example)
string(FIND "${readme}" "```cpp\n" start)
math(EXPR start "${start} + 7")
string(SUBSTRING "${readme}" ${start} -1 rest)
string(FIND "${rest}" "```" end)
string(SUBSTRING "${rest}" 0 ${end} shown)
if(NOT shown STREQUAL example)
  message(FATAL_ERROR "The README shows another program than examples/quickstart/main.cpp.")
endif()
