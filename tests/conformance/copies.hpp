#pragma once

#include "conformance/settings.hpp"
#include "conformance/subjects.hpp"
#include "conformance/transfers.hpp"
#include "heddle/copy.hpp"
#include "heddle/sqlite.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

/// Pairs of backends between which tenants are copied. With PostgreSQL, one of each is SQLite.
namespace conformance {

/// Who may list the tenants.
inline const Settings administered{.administer = true};

#ifdef HEDDLE_CONFORMANCE_POSTGRES

/// A SQLite database in a file.
class File {
 public:
  explicit File(const Settings& settings = {})
      : backend_(with(heddle::sqlite::Config{.path = (folder_.path() / "heddle.db").string()}, settings)) {
    backend_.migrate();
  }

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  heddle::Backend<heddle::Sqlite> backend_;
};

struct ServerToFile {
  using Source = OnServer;
  using Target = File;
};
struct FileToServer {
  using Source = File;
  using Target = OnServer;
};
struct FileToErasedServer {
  using Source = File;
  using Target = ErasedServer;
};
struct ErasedServerToFile {
  using Source = ErasedServer;
  using Target = File;
};

#else

struct FileToMemory {
  using Source = OnFile;
  using Target = InMemory;
};
struct ErasedToFile {
  using Source = Erased;
  using Target = OnFile;
};
struct FileToErased {
  using Source = OnFile;
  using Target = Erased;
};
struct MemoryToDecorated {
  using Source = InMemory;
  using Target = Decorated;
};

#endif

}  // namespace conformance

/// A test case for every pair. Begin it with `typename Pair::Source from(administered); typename Pair::Target to;`.
#ifdef HEDDLE_CONFORMANCE_POSTGRES
#define COPY_TEST(title)                                                                \
  TEST_CASE_TEMPLATE(title, Pair, conformance::ServerToFile, conformance::FileToServer, \
                     conformance::FileToErasedServer, conformance::ErasedServerToFile)
#else
#define COPY_TEST(title)                                                                                           \
  TEST_CASE_TEMPLATE(title, Pair, conformance::FileToMemory, conformance::ErasedToFile, conformance::FileToErased, \
                     conformance::MemoryToDecorated)
#endif
