# Defines heddle::pqxx, libpqxx with its libpq, for the build and for the installed package; does not define it if they
# are missing. Package managers provide a CMake config of libpqxx, distributions only headers and libraries.
# (FindPostgreSQL is not used because it may require the server's headers too.)
if(NOT TARGET heddle::pqxx)
  find_package(libpqxx CONFIG QUIET)
  find_path(HEDDLE_LIBPQ_INCLUDE_DIR libpq-fe.h PATH_SUFFIXES postgresql pgsql
    DOC "The folder that contains libpq-fe.h")
  find_library(HEDDLE_LIBPQ_LIBRARY NAMES pq libpq DOC "The library libpq")
  mark_as_advanced(HEDDLE_LIBPQ_INCLUDE_DIR HEDDLE_LIBPQ_LIBRARY)
  if(NOT TARGET libpqxx::pqxx)
    find_path(HEDDLE_PQXX_INCLUDE_DIR pqxx/pqxx DOC "The folder that contains pqxx/pqxx")
    find_library(HEDDLE_PQXX_LIBRARY pqxx DOC "The library libpqxx")
    mark_as_advanced(HEDDLE_PQXX_INCLUDE_DIR HEDDLE_PQXX_LIBRARY)
  endif()

  if(HEDDLE_LIBPQ_INCLUDE_DIR AND HEDDLE_LIBPQ_LIBRARY
      AND (TARGET libpqxx::pqxx OR (HEDDLE_PQXX_INCLUDE_DIR AND HEDDLE_PQXX_LIBRARY)))
    add_library(heddle::pqxx INTERFACE IMPORTED)
    if(TARGET libpqxx::pqxx)
      target_link_libraries(heddle::pqxx INTERFACE libpqxx::pqxx)
    else()
      target_include_directories(heddle::pqxx INTERFACE "${HEDDLE_PQXX_INCLUDE_DIR}")
      target_link_libraries(heddle::pqxx INTERFACE "${HEDDLE_PQXX_LIBRARY}")
    endif()
    target_include_directories(heddle::pqxx INTERFACE "${HEDDLE_LIBPQ_INCLUDE_DIR}")
    target_link_libraries(heddle::pqxx INTERFACE "${HEDDLE_LIBPQ_LIBRARY}")
  endif()
endif()
