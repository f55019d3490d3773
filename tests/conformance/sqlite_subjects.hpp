#pragma once

#include "heddle/any_backend.hpp"
#include "heddle/sqlite.hpp"
#include "support/decorated_backend.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <cstdint>
#include <string>

/// The backends of the conformance suite. A test is written once, as a template over these.
namespace conformance {

inline const std::int64_t usual_page_bytes = heddle::sqlite::Config{}.page_bytes;

/// Settings of contents; by default those of the backend.
struct Contents {
  heddle::ArtifactContent place = heddle::sqlite::Config{}.artifact_content;
  std::int64_t quota_bytes = 0;
};

/// A SQLite database in a file.
class OnFile {
 public:
  explicit OnFile(std::int64_t page_bytes = usual_page_bytes, const Contents& contents = {})
      : backend_(config(page_bytes, contents)) {
    backend_.migrate();
  }

  auto& backend() { return backend_; }

 private:
  [[nodiscard]] heddle::sqlite::Config config(std::int64_t page_bytes, const Contents& contents) const {
    return {.path = (folder_.path() / "heddle.db").string(),
            .page_bytes = page_bytes,
            .artifact_content = contents.place,
            .artifact_quota_bytes = contents.quota_bytes};
  }

  support::TemporaryFolder folder_;
  heddle::Backend<heddle::Sqlite> backend_;
};

/// A SQLite database in memory.
class InMemory {
 public:
  explicit InMemory(std::int64_t page_bytes = usual_page_bytes, const Contents& contents = {})
      : backend_({.path = ":memory:",
                  .page_bytes = page_bytes,
                  .artifact_directory = folder_.path() / "artifacts",
                  .artifact_content = contents.place,
                  .artifact_quota_bytes = contents.quota_bytes}) {
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
  explicit Erased(std::int64_t page_bytes = usual_page_bytes, const Contents& contents = {})
      : backend_(heddle::AnyBackend::make<heddle::Backend<heddle::Sqlite>>(
            heddle::sqlite::Config{.path = (folder_.path() / "heddle.db").string(),
                                   .page_bytes = page_bytes,
                                   .artifact_content = contents.place,
                                   .artifact_quota_bytes = contents.quota_bytes})) {
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
  explicit Decorated(std::int64_t page_bytes = usual_page_bytes, const Contents& contents = {})
      : backend_({.path = ":memory:",
                  .page_bytes = page_bytes,
                  .artifact_directory = folder_.path() / "artifacts",
                  .artifact_content = contents.place,
                  .artifact_quota_bytes = contents.quota_bytes}) {
    backend_.migrate();
  }

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  heddle::Backend<support::DecoratedSqlite> backend_;
};

/// True for a backend whose database is in the memory of the process.
template <class Subject>
inline constexpr bool keeps_in_memory = std::same_as<Subject, InMemory> || std::same_as<Subject, Decorated>;

}  // namespace conformance

/// A test case for every backend. Begin it with `Subject subject; auto& backend = subject.backend();`.
#define CONFORMANCE_TEST(title)                                                                       \
  TEST_CASE_TEMPLATE(title, Subject, conformance::OnFile, conformance::InMemory, conformance::Erased, \
                     conformance::Decorated)
