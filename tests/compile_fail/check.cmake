# One test of heddle_compile_fail(): COMPILER, FLAGS (a response file), OPTIONS, SOURCE, MISTAKE (or empty), EXPECT (or
# empty: the file compiles).
cmake_minimum_required(VERSION 3.25)

set(command "${COMPILER}" "@${FLAGS}" ${OPTIONS} -fsyntax-only -fno-diagnostics-color)
# The test compares the text of messages, so they must not be translated.
set(ENV{LC_ALL} C)

# A file of several mistakes has a test of its own for its control.
if(NOT MISTAKE)
  execute_process(COMMAND ${command} -DHEDDLE_CONTROL "${SOURCE}"
    RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "The control does not compile, so a failure would prove nothing:\n${output}")
  endif()
endif()
if(NOT EXPECT)
  return()
endif()

execute_process(COMMAND ${command} "-DMISTAKE_${MISTAKE}" "${SOURCE}"
  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(code EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles, but must not.")
endif()
if(NOT output MATCHES "[^\n]*error:[^\n]*")
  message(FATAL_ERROR "The compiler failed without an error message:\n${output}")
endif()
set(first "${CMAKE_MATCH_0}")
if(NOT first MATCHES "${EXPECT}")
  message(FATAL_ERROR "The first error is\n${first}\nand does not match\n${EXPECT}\n\n${output}")
endif()
message(STATUS "${first}")
