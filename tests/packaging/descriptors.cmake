# Closing any descriptor of a file drops all POSIX locks of the process on it, and so SQLite's locks on an open
# database. So only the places listed here open files without SQLite, each with its reason.
cmake_minimum_required(VERSION 3.25)

set(allowed
  # Makes a new file for a stream (O_EXCL), and writes it.
  adoption/temporary_stream.hpp
  # Asks for the number of a file (statx); opens nothing.
  detail/files/file_identity.hpp
  # Checks first whether the file belongs to an open database.
  detail/files/plain_file.hpp
  # The same, for files of an open folder; makes new ones only.
  detail/files/open_file.hpp
  # Opens files that are made to be locked, and are no database.
  detail/files/lock_file.hpp
  # Open only folders: O_DIRECTORY.
  erasure/tenant_files.hpp
  stores/detail/open_folder.hpp
  # Ask what the process may do with a name (faccessat); open nothing.
  sqlite/connection/file_errors.hpp
  sqlite/file/claim.hpp
  # Renames a file (renameat2); opens nothing.
  sqlite/file/backup.hpp
  # Gives advice about a mapping that SQLite made (posix_madvise); opens nothing.
  sqlite/connection/mapped_file.hpp
  # Shows in a comment how a program writes a stream to a file.
  transfer.hpp
  # Makes a temporary file that has no name (tmpfile).
  transfer/stream_reader.hpp
  # Sets flags of a socket; opens nothing.
  postgres/libpq/bulk.hpp)

# What can open a file, by the headers that declare it and by name. `nolock` makes SQLite itself ignore its locks.
string(CONCAT opener
  "#include <(fstream|fcntl\\.h|sys/file\\.h|sys/mman\\.h|cstdio|stdio\\.h|boost/(iostreams|interprocess)/.*)>"
  "|(^|[^a-z_])([io]?fstream|filebuf|fopen|freopen|openat|creat|copy_file|stdio_filebuf)([^a-z_]|$)"
  "|(^|[^a-z_:>])::open(64)? *\\(|filesystem::copy *\\(|nolock")

file(GLOB_RECURSE headers RELATIVE "${HEADERS}" "${HEADERS}/*.hpp" "${HEADERS}/*.ipp")
if(NOT headers)
  message(FATAL_ERROR "There are no headers in ${HEADERS}.")
endif()
set(found "")
foreach(header IN LISTS headers)
  file(STRINGS "${HEADERS}/${header}" lines REGEX "${opener}")
  foreach(line IN LISTS lines)
    list(APPEND opening "${header}")
    if(NOT header IN_LIST allowed)
      string(APPEND found "\n  ${header}: ${line}")
    endif()
  endforeach()
endforeach()
if(found)
  message(FATAL_ERROR "These lines can open a file without SQLite; use detail::files::PlainFile to read files:${found}")
endif()
foreach(header IN LISTS allowed)
  if(NOT header IN_LIST opening)
    message(FATAL_ERROR "${header} opens nothing: remove it from the list.")
  endif()
endforeach()
