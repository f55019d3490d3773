#pragma once

#include "heddle/any_backend.hpp"
#include "heddle/sqlite.hpp"
#include "support/decorated_backend.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>

/// The backends of the conformance suite. A test is written once, as a template over these.
namespace conformance {

inline const std::int64_t usual_page_bytes = heddle::sqlite::Config{}.page_bytes;

/// The configuration of a database in a file. It administers tenants if sessions can be hidden.
inline heddle::sqlite::Config config(const std::filesystem::path& folder, std::int64_t page_bytes,
                                     heddle::SoftDeleteConfig soft_delete) {
  return {.path = (folder / "heddle.db").string(),
          .page_bytes = page_bytes,
          .administer_tenants = soft_delete.enabled,
          .soft_delete = soft_delete};
}
/// The same of a database in memory.
inline heddle::sqlite::Config config_in_memory(const std::filesystem::path& folder, std::int64_t page_bytes,
                                               heddle::SoftDeleteConfig soft_delete) {
  auto in_memory = config(folder, page_bytes, soft_delete);
  in_memory.path = ":memory:";
  in_memory.artifact_directory = folder / "artifacts";
  return in_memory;
}

/// A SQLite database in a file.
class OnFile {
 public:
  explicit OnFile(std::int64_t page_bytes = usual_page_bytes, heddle::SoftDeleteConfig soft_delete = {})
      : backend_(config(folder_.path(), page_bytes, soft_delete)) {
    backend_.migrate();
  }

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  heddle::Backend<heddle::Sqlite> backend_;
};

/// A SQLite database in memory.
class InMemory {
 public:
  explicit InMemory(std::int64_t page_bytes = usual_page_bytes, heddle::SoftDeleteConfig soft_delete = {})
      : backend_(config_in_memory(folder_.path(), page_bytes, soft_delete)) {
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
  explicit Erased(std::int64_t page_bytes = usual_page_bytes, heddle::SoftDeleteConfig soft_delete = {})
      : backend_(heddle::AnyBackend::make<heddle::Backend<heddle::Sqlite>>(
            config(folder_.path(), page_bytes, soft_delete))) {
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
  explicit Decorated(std::int64_t page_bytes = usual_page_bytes, heddle::SoftDeleteConfig soft_delete = {})
      : backend_(config_in_memory(folder_.path(), page_bytes, soft_delete)) {
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
