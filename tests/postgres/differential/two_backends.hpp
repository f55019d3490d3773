#pragma once

#include "heddle/postgres.hpp"
#include "heddle/sqlite.hpp"
#include "postgres/differential/shown.hpp"
#include "support/migrated_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace differential {

/// An id on each of two backends: generated ids differ.
struct Id {
  std::string here{};
  std::string there{};
};

/// One of the compared backends.
template <class Backend>
struct Side {
  Backend& backend;
  std::string Id::*own;
  std::map<std::string, std::string> made{};  ///< generated ids, by a name that is the same on both sides
  std::string answered{};                     ///< the id that the last call returned
  std::string cursor{};                       ///< of the list that was requested last

  [[nodiscard]] const std::string& of(const Id& id) const { return id.*own; }
};

/// A call that waits, `ask(side, timeout)`: for a short time, and longer if the sides differ because that was over.
template <class Ask>
class WaitingCall {
 public:
  explicit WaitingCall(Ask ask) : ask_(std::move(ask)) {}
  void be_patient() noexcept { timeout_ = std::chrono::seconds(10); }
  template <class SideType>
  std::string operator()(SideType& side) {
    return ask_(side, timeout_);
  }

 private:
  Ask ask_;
  std::chrono::milliseconds timeout_{20};
};

/// SQLite and PostgreSQL with the same data.
class TwoBackends {
 public:
  TwoBackends()
      : sqlite_({.path = ":memory:",
                 .search_candidates = candidates,
                 .default_user_id = "default-user",
                 .artifact_directory = folder_.path() / "a",
                 .administer_tenants = true,
                 .soft_delete = {.enabled = true}}),
        postgres_(ranking_few(database_.config(folder_.path() / "b"))) {
    sqlite_.migrate();
  }

  /// Makes the same call on both, `call(side)`, and compares what they return or throw. `where` names the call if they
  /// differ. Returns true if they agree.
  template <class Call>
  bool agree(const std::function<std::string()>& where, Call&& call) {
    here_.answered.clear();
    there_.answered.clear();
    std::string first = outcome(here_, call);
    std::string second = outcome(there_, call);
    if constexpr (requires { call.be_patient(); }) {
      // The deadline of a side can pass before it has looked, or while it does.
      if (first != second && (is_late(first) || is_late(second))) {
        call.be_patient();
        first = outcome(here_, call);
        second = outcome(there_, call);
      }
    }
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

  /// Returns the id that both returned last.
  [[nodiscard]] Id answered() const { return {here_.answered, there_.answered}; }

  [[nodiscard]] std::int64_t calls() const noexcept { return calls_; }
  /// Returns the number of calls that failed on both in the same way.
  [[nodiscard]] std::int64_t refused() const noexcept { return refused_; }

 private:
  /// So few that searches often find more.
  static constexpr std::int64_t candidates = 20;
  static heddle::postgres::Config ranking_few(heddle::postgres::Config config) {
    config.search_candidates = candidates;
    return config;
  }

  /// Gives a generated id the same name on both sides.
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
      // The message of an error of the database itself contains the database's words.
      return "Error " + std::string(to_string(error.code())) + (error.retryable() ? " retryable" : "") +
             (error.in_doubt() ? " in doubt" : "") +
             (error.native_code().empty() || error.code() == heddle::ErrorCode::invalid_argument
                  ? ": " + named(side, error.what())
                  : " of the database");
    }
  }

  static bool is_late(const std::string& outcome) {
    return outcome.starts_with("Error " + std::string(to_string(heddle::ErrorCode::deadline_exceeded)));
  }

  /// Returns the message of an error, with the name of a generated id instead of the id that it quotes.
  template <class S>
  static std::string named(const S& side, std::string message) {
    const auto begin = message.find('"');
    const auto end = message.rfind('"');
    if (begin == end) { return message; }
    const auto found = side.made.find(message.substr(begin + 1, end - begin - 1));
    return found == side.made.end() ? message : message.replace(begin + 1, end - begin - 1, found->second);
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
