# One test of heddle_compile_fail(): COMPILER, FLAGS (a response file), SOURCE, EXPECT.
cmake_minimum_required(VERSION 3.25)

set(command "${COMPILER}" "@${FLAGS}" -fsyntax-only -fno-diagnostics-color)
# The test compares the text of messages, so they must not be translated.
set(ENV{LC_ALL} C)

execute_process(COMMAND ${command} -DHEDDLE_CONTROL "${SOURCE}"
  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "The control does not compile, so a failure would prove nothing:\n${output}")
endif()

execute_process(COMMAND ${command} "${SOURCE}"
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
