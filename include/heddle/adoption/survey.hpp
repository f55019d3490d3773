// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/notes.hpp"
#include "heddle/adoption/source_table.hpp"
#include "heddle/error.hpp"
#include "heddle/sql/quote_identifier.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::adoption {

/// Returns the version of the source's schema. Throws `failed_precondition` for one that is not understood.
template <class Source>
[[nodiscard]] std::int64_t check_schema(Source& source, const std::vector<SourceTable>& tables) {
  const auto has = [&](std::string_view name) {
    return std::any_of(tables.begin(), tables.end(), [name](const SourceTable& table) { return table.name == name; });
  };
  if (!has("sessions") || !has("messages") || !has("memory_snapshots") || !has("tool_executions")) {
    throw Error(ErrorCode::failed_precondition, "these are not the tables of the Go server: sessions, messages, ...");
  }
  std::int64_t version = 0;
  if (has("schema_migrations")) {
    source.each("SELECT coalesce(max(version), 0) FROM " + source.name_of("schema_migrations"), {},
                [&](const auto& row) { version = row.integer(0); });
  }
  if (version > Source::last_schema) {
    throw Error(ErrorCode::failed_precondition, "the source has schema version " + std::to_string(version) +
                                                    ", and this version of Heddle knows those "
                                                    "up to " +
                                                    std::to_string(Source::last_schema) +
                                                    ": adopt with a newer Heddle");
  }
  if (version < Source::first_schema) {
    throw Error(ErrorCode::failed_precondition,
                "the source has schema version " + std::to_string(version) + ", before that of version 1.2.0 (" +
                    std::to_string(Source::first_schema) + "): upgrade it with its own server first");
  }
  return version;
}

/// Returns what `check_schema` does, and reads a row of each table that has tenants. Throws for a source that no
/// adoption could begin to read, also what the source throws for a table that its role may not read.
template <class Source>
[[nodiscard]] std::int64_t check_source(Source& source) {
  const std::vector<SourceTable> tables = source.tables();
  const std::int64_t version = check_schema(source, tables);
  for (const SourceTable& table : tables) {
    const bool is_known = std::any_of(known::tables.begin(), known::tables.end(),
                                      [&](const KnownTable& each) { return each.name == table.name; });
    if (!is_known || !table.has("user_id")) { continue; }
    source.each("SELECT user_id FROM " + source.name_of(table.name) + " LIMIT 1", {}, [](const auto& /*row*/) {});
  }
  return version;
}

/// Returns the names of the tables that have the rows of results.
template <class Source>
[[nodiscard]] std::set<std::string> result_tables(Source& source, const std::vector<SourceTable>& tables) {
  std::set<std::string> names;
  for (const SourceTable& table : tables) {
    if (table.name != "sql_result_metadata") { continue; }
    source.each("SELECT id FROM " + source.name_of(table.name), {},
                [&](const auto& row) { names.insert(result_table(row.text(0))); });
  }
  return names;
}

/// Notes the tables and columns that nothing reads, if they have content.
template <class Source>
void note_unread(Source& source, const std::vector<SourceTable>& tables, Notes& notes) {
  const std::set<std::string> of_results = result_tables(source, tables);
  const auto count = [&](const std::string& name, const std::string& condition) {
    std::int64_t rows = 0;
    try {
      source.each("SELECT count(*) FROM " + source.name_of(name) + condition, {},
                  [&](const auto& row) { rows = row.integer(0); });
    } catch (const Error& error) {
      // A virtual table of a module that this program lacks.
      if (error.code() == ErrorCode::data_loss || Source::has_tenants) { throw; }
      rows = -1;
    }
    return rows;
  };
  const auto& derived = known::derived_tables;
  for (const SourceTable& table : tables) {
    if (std::find(derived.begin(), derived.end(), table.name) != derived.end()) { continue; }
    if (of_results.contains(table.name)) { continue; }
    const auto known_table = std::find_if(known::tables.begin(), known::tables.end(),
                                          [&](const KnownTable& each) { return each.name == table.name; });
    if (known_table == known::tables.end()) {
      notes.leave_out(table.name, "", "Heddle has no such records", count(table.name, ""));
      continue;
    }
    for (const std::string& column : table.columns) {
      const auto& own = known::own_columns;
      const bool is_read = std::any_of(known_table->columns.begin(), known_table->columns.end(),
                                       [&](const Wish& wish) { return wish.name == column; });
      if (is_read || column == "deleted_at" || std::find(own.begin(), own.end(), column) != own.end()) { continue; }
      notes.leave_out(table.name, column, "Heddle has no such column",
                      count(table.name, " WHERE " + sql::quote_identifier(column) + " IS NOT NULL"));
    }
  }
}

}  // namespace heddle::adoption
