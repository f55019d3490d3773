#pragma once

#include "heddle/any_backend.hpp"
#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>

/// The conformance suite on PostgreSQL; see sqlite_subjects.hpp.
namespace conformance {

inline const std::int64_t usual_page_bytes = heddle::postgres::Config{}.page_bytes;

/// Settings of contents; by default those of the backend.
struct Contents {
  heddle::ArtifactContent place = heddle::postgres::Config{}.artifact_content;
  std::int64_t quota_bytes = 0;
};

inline heddle::postgres::Config with_settings(heddle::postgres::Config config, std::int64_t page_bytes,
                                              const Contents& contents) {
  config.page_bytes = page_bytes;
  config.artifact_content = contents.place;
  config.artifact_quota_bytes = contents.quota_bytes;
  return config;
}

/// A database of a PostgreSQL server.
class OnServer {
 public:
  explicit OnServer(std::int64_t page_bytes = usual_page_bytes, const Contents& contents = {})
      : backend_(with_settings(database_.config(folder_.path() / "artifacts"), page_bytes, contents)) {}

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  support::MigratedDatabase database_;
  heddle::Backend<heddle::Postgres> backend_;
};

/// The same in an AnyBackend.
class ErasedServer {
 public:
  explicit ErasedServer(std::int64_t page_bytes = usual_page_bytes, const Contents& contents = {})
      : backend_(heddle::AnyBackend::make<heddle::Backend<heddle::Postgres>>(
            with_settings(database_.config(folder_.path() / "artifacts"), page_bytes, contents))) {}

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
