// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sealed_query/bind_parameters.hpp"
#include "heddle/sealed_query/query_guard.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

/// What an agent's SQL may do. Everything that is not listed is denied: statements other than SELECT and VALUES,
/// ATTACH, PRAGMA (also as a table), transactions, temporary objects, virtual tables other than JSON's.
namespace heddle::sealed_query {

/// The functions that can be called. An allow-list, because a host program can add functions to every connection
/// (sqlite3_auto_extension), and builds of SQLite bring different ones: load_extension, fts3_tokenizer, readfile,
/// writefile, edit, sqlite_* and the internals of full-text and R-tree tables are excluded. So is json_patch: its time
/// is quadratic in the number of keys, and nothing can interrupt it. Sorted for the binary search.
// clang-format off
inline constexpr auto allowed_functions = std::to_array<std::string_view>({
    "->", "->>", "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "avg",
    "ceil", "ceiling", "char", "coalesce", "concat", "concat_ws", "cos", "cosh", "count",
    "cume_dist", "current_date", "current_time", "current_timestamp", "date", "datetime",
    "degrees", "dense_rank", "exp", "first_value", "floor", "format", "glob", "group_concat",
    "hex", "if", "ifnull", "iif", "instr", "json", "json_array", "json_array_length",
    "json_error_position", "json_extract", "json_group_array", "json_group_object",
    "json_insert", "json_object", "json_pretty", "json_quote", "json_remove", "json_replace",
    "json_set", "json_type", "json_valid", "julianday", "lag", "last_value", "lead", "length",
    "like", "likelihood", "likely", "ln", "log", "log10", "log2", "lower", "ltrim", "max",
    "min", "mod", "nth_value", "ntile", "nullif", "octet_length", "percent_rank", "pi", "pow",
    "power", "printf", "quote", "radians", "random", "randomblob", "rank", "replace", "round",
    "row_number", "rtrim", "sign", "sin", "sinh", "sqlite_version", "sqrt", "strftime",
    "string_agg", "substr", "substring", "sum", "tan", "tanh", "time", "timediff", "total",
    "trim", "trunc", "typeof", "unhex", "unicode", "unixepoch", "unlikely", "upper", "zeroblob",
});
// clang-format on
static_assert(std::is_sorted(allowed_functions.begin(), allowed_functions.end()));

/// What the SQL of one query may use. SQLite asks while it compiles, by `authorize`.
struct Permission {
  static constexpr int most_calls = 1000;

  std::string table{};  ///< the result's
  QueryGuard& guard;
  int calls = 0;  ///< of functions, in the statement

  /// True for the tables that can be read: the result and JSON's table functions.
  [[nodiscard]] bool may_read(std::string_view name) const noexcept {
    return name == table || name == "json_each" || name == "json_tree";
  }
  /// True if there are too many calls: SQLite compares each aggregate with all others.
  [[nodiscard]] bool calls_too_much() const noexcept { return calls > most_calls; }
};

/// `name` starts like those of SQLite's own tables.
[[nodiscard]] inline bool is_reserved(std::string_view name) noexcept {
  constexpr std::string_view prefix = "sqlite_";
  return name.size() >= prefix.size() &&
         sqlite3_strnicmp(name.data(), prefix.data(), static_cast<int>(prefix.size())) == 0;
}

/// True for a function that the SQL may call, in any case.
[[nodiscard]] bool is_allowed_function(const std::same_as<std::string_view> auto& name) noexcept {
  std::array<char, 24> lower{};  // no allowed name is longer
  if (name.size() > lower.size()) { return false; }
  for (std::size_t i = 0; i < name.size(); ++i) {
    lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] + 32) : name[i];
  }
  const std::string_view folded(lower.data(), name.size());
  return std::binary_search(allowed_functions.begin(), allowed_functions.end(), folded);
}

/// The authorizer for sqlite3_set_authorizer; `data` is a Permission. A template only so that a file that queries no
/// result does not compile it.
template <std::same_as<Permission> Permitted>
int authorize(void* data, int action, const char* first, const char* second, const char* database,
              const char* /*trigger_or_view*/) noexcept {
  auto& permission = *static_cast<Permitted*>(data);
  if (permission.guard.must_stop()) { return SQLITE_DENY; }
  const auto view = [](const char* text) { return text == nullptr ? std::string_view() : std::string_view(text); };
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION: {
      ++permission.calls;
      return !permission.calls_too_much() && is_allowed_function(view(second)) ? SQLITE_OK : SQLITE_DENY;
    }
    case SQLITE_READ: {
      // SQLite names a source of which no column is read, as in count(*), without its database. It can be a common
      // table expression, which is unknown here. The query learns nothing but the number of rows.
      if (view(second).empty() && database == nullptr) { return is_reserved(view(first)) ? SQLITE_DENY : SQLITE_OK; }
      const bool main = database == nullptr || view(database) == "main";
      return main && permission.may_read(view(first)) ? SQLITE_OK : SQLITE_DENY;
    }
    default: return SQLITE_DENY;
  }
}

/// Creates JSON's table functions on the connection. To be called before the authorizer is set: creating a virtual
/// table asks the authorizer for a write to the schema, so that afterwards no other can be created.
inline void load_json_tables(sqlite3* connection) noexcept {
  sqlite3_exec(connection, "SELECT 1 FROM json_each('[]'), json_tree('[]')", nullptr, nullptr, nullptr);
}

/// Sets the switches and limits of a connection on which the SQL of an agent runs. `value_bytes` limits one value and
/// one row.
inline void lock_down(sqlite3* connection, int value_bytes) noexcept {
  const auto set = [connection](int option, int value) { sqlite3_db_config(connection, option, value, nullptr); };
  set(SQLITE_DBCONFIG_DEFENSIVE, 1);
  set(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
  set(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
  set(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
  set(SQLITE_DBCONFIG_ENABLE_VIEW, 0);
  // In every build of SQLite a misspelt "column" is an error and not a text.
  set(SQLITE_DBCONFIG_DQS_DML, 0);
  set(SQLITE_DBCONFIG_DQS_DDL, 0);
  // A value that is bound changes no plan: SQLite would compile again, beyond the limits of compiling.
  set(SQLITE_DBCONFIG_ENABLE_QPSG, 1);

  const auto limit = [connection](int what, int value) { sqlite3_limit(connection, what, value); };
  limit(SQLITE_LIMIT_LENGTH, value_bytes);
  limit(SQLITE_LIMIT_COLUMN, 2000);
  limit(SQLITE_LIMIT_EXPR_DEPTH, 250);  // SQLite recurses into expressions without a question to the meter
  limit(SQLITE_LIMIT_COMPOUND_SELECT, 100);
  limit(SQLITE_LIMIT_VDBE_OP, 25'000);
  limit(SQLITE_LIMIT_FUNCTION_ARG, 127);
  limit(SQLITE_LIMIT_ATTACHED, 0);
  limit(SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 250);
  limit(SQLITE_LIMIT_VARIABLE_NUMBER, max_parameters);
  limit(SQLITE_LIMIT_TRIGGER_DEPTH, 0);
  limit(SQLITE_LIMIT_WORKER_THREADS, 0);  // the memory meter counts on one thread
}

}  // namespace heddle::sealed_query
