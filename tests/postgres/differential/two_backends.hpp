#pragma once

#include "heddle/postgres.hpp"
#include "heddle/sqlite.hpp"
#include "postgres/differential/shown.hpp"
#include "support/migrated_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace differential {

/// An id as each of two backends knows it: one that was made differs.
struct Id {
  std::string here{};
  std::string there{};
};

/// One of the backends under comparison.
template <class Backend>
struct Side {
  Backend& backend;
  std::string Id::*own;
  std::map<std::string, std::string> made{};  ///< ids that were made, by a name that both sides have for them
  std::string answered{};                     ///< the id that the last call answered
  std::string cursor{};                       ///< of the list that was asked for last

  [[nodiscard]] const std::string& of(const Id& id) const { return id.*own; }
};

/// SQLite and PostgreSQL with the same in them.
class TwoBackends {
 public:
  TwoBackends()
      : sqlite_({.path = ":memory:", .default_user_id = "default-user", .artifact_directory = folder_.path() / "a"}),
        postgres_(database_.config(folder_.path() / "b")) {
    sqlite_.migrate();
  }

  /// Makes the same call on both, `call(side)`, and compares what they answer or throw. `where` names the call if they
  /// differ. True if they agree.
  template <class Call>
  bool agree(const std::function<std::string()>& where, Call&& call) {
    here_.answered.clear();
    there_.answered.clear();
    const std::string first = outcome(here_, call);
    const std::string second = outcome(there_, call);
    ++calls_;
    if (first.starts_with("Error")) { ++refused_; }
    if (first == second) {
      name_what_was_answered();
      return true;
    }
    const auto at = static_cast<std::size_t>(
        std::mismatch(first.begin(), first.end(), second.begin(), second.end()).first - first.begin());
    const std::size_t from = at < 300 ? 0 : at - 300;
    FAIL_CHECK(where() << "\nSQLite:     ..." << excerpt(first, from) << "\nPostgreSQL: ..." << excerpt(second, from));
    return false;
  }

  /// The id that both answered last.
  [[nodiscard]] Id answered() const { return {here_.answered, there_.answered}; }

  [[nodiscard]] std::int64_t calls() const noexcept { return calls_; }
  /// How many of them failed on both in the same way.
  [[nodiscard]] std::int64_t refused() const noexcept { return refused_; }

 private:
  /// From now on an id that was made has one name on both sides.
  void name_what_was_answered() {
    if (here_.answered == there_.answered || here_.made.contains(here_.answered)) { return; }
    const std::string name = "made " + std::to_string(here_.made.size());
    here_.made.emplace(here_.answered, name);
    there_.made.emplace(there_.answered, name);
  }

  template <class S, class Call>
  static std::string outcome(S& side, Call& call) {
    try {
      return call(side);
    } catch (const heddle::Error& error) {
      // Where the database itself said no, its own words are part of the message.
      return "Error " + std::string(to_string(error.code())) + (error.retryable() ? " retryable" : "") +
             (error.in_doubt() ? " in doubt" : "") +
             (error.native_code().empty() || error.code() == heddle::ErrorCode::invalid_argument
                  ? std::string(": ") + error.what()
                  : " of the database");
    }
  }

  static std::string excerpt(const std::string& text, std::size_t from) {
    return text.substr(std::min(from, text.size()), 600);
  }

  support::TemporaryFolder folder_;
  support::MigratedDatabase database_;
  heddle::Backend<heddle::Sqlite> sqlite_;
  heddle::Backend<heddle::Postgres> postgres_;
  Side<heddle::Backend<heddle::Sqlite>> here_{sqlite_, &Id::here};
  Side<heddle::Backend<heddle::Postgres>> there_{postgres_, &Id::there};
  std::int64_t calls_ = 0;
  std::int64_t refused_ = 0;
};

}  // namespace differential
