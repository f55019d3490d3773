#pragma once

#include "heddle/any_backend.hpp"
#include "heddle/sqlite.hpp"
#include "support/decorated_backend.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>

/// The backends of the conformance suite. A test is written once, as a template over these.
namespace conformance {

/// A SQLite database in a file.
class OnFile {
 public:
  OnFile() : backend_(config()) { backend_.migrate(); }

  auto& backend() { return backend_; }

 private:
  [[nodiscard]] heddle::sqlite::Config config() const { return {.path = (folder_.path() / "heddle.db").string()}; }

  support::TemporaryFolder folder_;
  heddle::Backend<heddle::Sqlite> backend_;
};

/// A SQLite database in memory.
class InMemory {
 public:
  InMemory() : backend_({.path = ":memory:", .artifact_directory = folder_.path() / "artifacts"}) {
    backend_.migrate();
  }

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  heddle::Backend<heddle::Sqlite> backend_;
};

/// A database in a file, in an AnyBackend.
class Erased {
 public:
  Erased()
      : backend_(heddle::AnyBackend::make<heddle::Backend<heddle::Sqlite>>(
            heddle::sqlite::Config{.path = (folder_.path() / "heddle.db").string()})) {
    backend_.migrate();
  }

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  heddle::AnyBackend backend_;
};

/// A database in memory, with the decorator policy of the examples.
class Decorated {
 public:
  Decorated() : backend_({.path = ":memory:", .artifact_directory = folder_.path() / "artifacts"}) {
    backend_.migrate();
  }

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  heddle::Backend<support::DecoratedSqlite> backend_;
};

}  // namespace conformance

/// A test case for every backend. Begin it with `Subject subject; auto& backend = subject.backend();`.
#define CONFORMANCE_TEST(title)                                                                       \
  TEST_CASE_TEMPLATE(title, Subject, conformance::OnFile, conformance::InMemory, conformance::Erased, \
                     conformance::Decorated)
