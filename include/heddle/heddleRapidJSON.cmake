# Defines heddle::rapidjson, for the build and for the installed package. RapidJSON's packages have no common target
# (some configs only set a variable), so a path would end up in the exported targets. This imported target is found
# again on the machine that uses the package, and is SYSTEM.
if(NOT TARGET heddle::rapidjson)
  find_path(HEDDLE_RAPIDJSON_INCLUDE_DIR rapidjson/document.h
    DOC "The folder that contains rapidjson/document.h")
  mark_as_advanced(HEDDLE_RAPIDJSON_INCLUDE_DIR)
  if(HEDDLE_RAPIDJSON_INCLUDE_DIR)
    add_library(heddle::rapidjson INTERFACE IMPORTED)
    target_include_directories(heddle::rapidjson INTERFACE "${HEDDLE_RAPIDJSON_INCLUDE_DIR}")
  elseif(NOT CMAKE_FIND_PACKAGE_NAME STREQUAL "heddle")
    message(FATAL_ERROR "Heddle needs the headers of RapidJSON (Debian: rapidjson-dev).")
  endif()
endif()
