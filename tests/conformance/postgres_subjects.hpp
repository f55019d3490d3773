#pragma once

#include "heddle/any_backend.hpp"
#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

/// The conformance suite on PostgreSQL; see sqlite_subjects.hpp.
namespace conformance {

/// A database of a PostgreSQL server.
class OnServer {
 public:
  OnServer() : backend_(database_.config(folder_.path() / "artifacts")) {}

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  support::MigratedDatabase database_;
  heddle::Backend<heddle::Postgres> backend_;
};

/// The same in an AnyBackend.
class ErasedServer {
 public:
  ErasedServer()
      : backend_(heddle::AnyBackend::make<heddle::Backend<heddle::Postgres>>(
            database_.config(folder_.path() / "artifacts"))) {}

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  support::MigratedDatabase database_;
  heddle::AnyBackend backend_;
};

}  // namespace conformance

/// A test case for every backend. Begin it with `Subject subject; auto& backend = subject.backend();`.
#define CONFORMANCE_TEST(title) TEST_CASE_TEMPLATE(title, Subject, conformance::OnServer, conformance::ErasedServer)
