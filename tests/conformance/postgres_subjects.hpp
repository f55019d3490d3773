#pragma once

#include "conformance/settings.hpp"
#include "heddle/any_backend.hpp"
#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>

/// The conformance suite on PostgreSQL; see sqlite_subjects.hpp.
namespace conformance {

/// A database of a PostgreSQL server.
class OnServer {
 public:
  explicit OnServer(const Settings& settings = {})
      : backend_(with(database_.config(folder_.path() / "artifacts"), settings)) {}

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  support::MigratedDatabase database_;
  heddle::Backend<heddle::Postgres> backend_;
};

/// The same in an AnyBackend.
class ErasedServer {
 public:
  explicit ErasedServer(const Settings& settings = {})
      : backend_(heddle::AnyBackend::make<heddle::Backend<heddle::Postgres>>(
            with(database_.config(folder_.path() / "artifacts"), settings))) {}

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  support::MigratedDatabase database_;
  heddle::AnyBackend backend_;
};

/// See sqlite_subjects.hpp.
template <class Subject>
inline constexpr bool keeps_in_memory = false;

}  // namespace conformance

/// A test case for every backend. Begin it with `Subject subject; auto& backend = subject.backend();`.
#define CONFORMANCE_TEST(title) TEST_CASE_TEMPLATE(title, Subject, conformance::OnServer, conformance::ErasedServer)
