#pragma once

#include "conformance/settings.hpp"
#include "heddle/any_backend.hpp"
#include "heddle/sqlite.hpp"
#include "support/decorated_backend.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <filesystem>

/// The backends of the conformance suite. A test is written once, as a template over these.
namespace conformance {

/// The configuration of a database in a file.
inline heddle::sqlite::Config config(const std::filesystem::path& folder, const Settings& settings) {
  return with(heddle::sqlite::Config{.path = (folder / "heddle.db").string()}, settings);
}
/// The same of a database in memory.
inline heddle::sqlite::Config config_in_memory(const std::filesystem::path& folder, const Settings& settings) {
  return with(heddle::sqlite::Config{.path = ":memory:", .artifact_directory = folder / "artifacts"}, settings);
}

/// The configuration of a database in a file whose full-text index is never behind.
inline heddle::sqlite::Config config_indexing_at_once(const std::filesystem::path& folder, const Settings& settings) {
  heddle::sqlite::Config result = config(folder, settings);
  result.indexing = heddle::sqlite::Indexing::immediate;
  return result;
}

/// A SQLite database in a file.
class OnFile {
 public:
  explicit OnFile(const Settings& settings = {}) : backend_(config(folder_.path(), settings)) { backend_.migrate(); }

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  heddle::Backend<heddle::Sqlite> backend_;
};

/// A SQLite database in memory.
class InMemory {
 public:
  explicit InMemory(const Settings& settings = {}) : backend_(config_in_memory(folder_.path(), settings)) {
    backend_.migrate();
  }

  auto& backend() { return backend_; }

 private:
  support::TemporaryFolder folder_;
  heddle::Backend<heddle::Sqlite> backend_;
};

/// A database in a file that indexes at once, in an AnyBackend.
class Erased {
 public:
  explicit Erased(const Settings& settings = {})
      : backend_(heddle::AnyBackend::make<heddle::Backend<heddle::Sqlite>>(
            config_indexing_at_once(folder_.path(), settings))) {
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
  explicit Decorated(const Settings& settings = {}) : backend_(config_in_memory(folder_.path(), settings)) {
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
#ifdef HEDDLE_CONFORMANCE_SHORT
#define CONFORMANCE_TEST(title) TEST_CASE_TEMPLATE(title, Subject, conformance::OnFile, conformance::Erased)
#else
#define CONFORMANCE_TEST(title)                                                                       \
  TEST_CASE_TEMPLATE(title, Subject, conformance::OnFile, conformance::InMemory, conformance::Erased, \
                     conformance::Decorated)
#endif
