// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/source_table.hpp"
#include "heddle/detail/files/percent_encode.hpp"
#include "heddle/error.hpp"
#include "heddle/model/table.hpp"
#include "heddle/sql/quote_identifier.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/file/ownership.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace heddle::adoption {

/// The present row of a statement.
class FileRow {
 public:
  explicit FileRow(SQLite::Statement& statement) noexcept : statement_(statement) {}

  [[nodiscard]] bool is_null(int column) const { return statement_.isColumnNull(column); }
  [[nodiscard]] std::string text(int column) const { return statement_.getColumn(column).getString(); }
  [[nodiscard]] std::int64_t integer(int column) const { return statement_.getColumn(column).getInt64(); }
  [[nodiscard]] double real(int column) const { return statement_.getColumn(column).getDouble(); }
  [[nodiscard]] Cell cell(int column) const {
    const SQLite::Column value = statement_.getColumn(column);
    if (value.isNull()) { return std::monostate{}; }
    if (value.isInteger()) { return value.getInt64(); }
    if (value.isFloat()) { return value.getDouble(); }
    return value.getString();
  }

 private:
  SQLite::Statement& statement_;
};

/// How a `loom.db` is opened: it is only read, and no file is made beside it where SQLite can do without.
struct FileState {
  bool has_log = false;    ///< another program has it open, or was killed: SQLite locks it and reads the log
  bool is_logged = false;  ///< its journal mode is the write-ahead log
  std::filesystem::file_time_type written_at{};

  /// Whether it is read without locks and files beside it. With a log that is wrong: the log would not be read.
  [[nodiscard]] bool is_alone() const noexcept { return is_logged && !has_log; }
};

/// Throws `failed_precondition` for a file that is no database of the Go server, `not_found` if there is none.
[[nodiscard]] inline FileState check_loom_file(const std::string& path) {
  constexpr std::string_view magic{"SQLite format 3\0", 16};
  constexpr std::size_t read_version = 19;
  constexpr std::size_t id_offset = 68;
  if (sqlite::file::is_missing_or_empty(path)) {
    throw Error(ErrorCode::not_found, "there is no loom.db here, or it is empty: " + path);
  }
  std::array<unsigned char, 100> header{};
  sqlite::file::VfsFile file(path);
  if (!file.read_start(header) || !std::equal(magic.begin(), magic.end(), header.begin())) {
    throw Error(ErrorCode::failed_precondition,
                "the file is no SQLite database, or it is encrypted: decrypt it first, with the key of the Go server, "
                "by `sqlcipher loom.db \"PRAGMA key = '...'; ATTACH 'plain.db' AS plain KEY ''; "
                "SELECT sqlcipher_export('plain');\"`, and adopt plain.db: " +
                    path);
  }
  std::uint32_t id = 0;
  for (std::size_t at = id_offset; at < id_offset + 4; ++at) { id = id << 8U | header[at]; }
  if (id == static_cast<std::uint32_t>(sqlite::file::application_id)) {
    throw Error(ErrorCode::failed_precondition, "this is a database of Heddle already: open it: " + path);
  }
  std::error_code unknown;
  return {std::filesystem::exists(path + "-wal", unknown), header[read_version] == 2,
          std::filesystem::last_write_time(path, unknown)};
}

/// A `loom.db`, read in one transaction. Throws `data_loss` if it is damaged. One thread at a time.
class LoomFile {
 public:
  using Row = FileRow;
  static constexpr bool has_tenants = false;
  static constexpr std::int64_t first_schema = 0;
  static constexpr std::int64_t last_schema = last_file_schema;
  static constexpr std::size_t longest_name = std::string::npos;  ///< of a table

  explicit LoomFile(const std::string& path)
      : path_(path), state_(check_loom_file(path)), database_(open(path_, state_)) {
    run([&] {
      database_.exec("PRAGMA query_only = ON");
      database_.exec("BEGIN");
    });
  }

  /// Throws `conflict` if another program has opened or written the file meanwhile, which was read without locks.
  void check_unchanged() const {
    std::error_code unknown;
    if (state_.is_alone() && (std::filesystem::exists(path_ + "-wal", unknown) ||
                              std::filesystem::last_write_time(path_, unknown) != state_.written_at)) {
      throw Error(ErrorCode::conflict, "another program has opened the loom.db meanwhile: stop it and adopt again");
    }
  }

  [[nodiscard]] std::vector<SourceTable> tables() {
    std::vector<SourceTable> found;
    const auto is_own = [](std::string_view type) { return type == "table" || type == "virtual"; };
    each(
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "ORDER BY name",
        {}, [&](const FileRow& row) {
          if (is_own(row.text(1))) { found.push_back({row.text(0)}); }
        });
    for (SourceTable& table : found) {
      each("SELECT name FROM pragma_table_info(?1)", {table.name},
           [&](const FileRow& row) { table.columns.push_back(row.text(0)); });
    }
    return found;
  }

  template <class Visit>
  void each(const std::string& text, const std::vector<std::string>& arguments, Visit&& visit) {
    run([&] {
      SQLite::Statement statement(database_, text);
      int index = 0;
      for (const std::string& argument : arguments) {
        if (++index <= statement.getBindParameterCount()) { statement.bind(index, argument); }
      }
      while (statement.executeStep()) { visit(FileRow(statement)); }
    });
  }

  [[nodiscard]] static std::string expression(const Wish& wish) {
    std::string column = sql::quote_identifier(wish.name);
    if (wish.form == Form::time) { column += " * 1000000"; }
    if (wish.form == Form::milliseconds) { column += " * 1000"; }
    return column;
  }
  /// The table by its name in SQL.
  [[nodiscard]] static std::string name_of(std::string_view table) { return sql::quote_identifier(table); }
  /// The same, read by itself: an index that is damaged would hide rows.
  [[nodiscard]] static std::string all_of(std::string_view table) { return name_of(table) + " NOT INDEXED"; }
  /// The condition for the rows of the tenant that is parameter 1.
  [[nodiscard]] static std::string of_tenant(const std::string& /*alias*/) { return "?1 IS NOT NULL"; }
  /// A number as a text.
  [[nodiscard]] static std::string digits_of(const std::string& column) { return "CAST(" + column + " AS TEXT)"; }
  /// What breaks a tie of equal times, in a table whose key is a text.
  [[nodiscard]] static std::string row_order() { return "rowid"; }
  [[nodiscard]] static std::string byte_order(const std::string& column) { return "CAST(" + column + " AS TEXT)"; }
  [[nodiscard]] static std::string cell(std::string_view column) { return sql::quote_identifier(column); }

 private:
  static SQLite::Database open(const std::string& path, const FileState& state) {
    const std::string mode = state.is_alone() ? "?immutable=1" : "?mode=ro";
    constexpr int patience = 5000;
    try {
      return SQLite::Database("file:" + detail::files::percent_encode(path) + mode,
                              SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, patience);
    } catch (const SQLite::Exception& error) {
      throw sqlite::connection::translate(error, "opening the loom.db", nullptr, path);
    }
  }

  template <class Action>
  void run(Action&& action) {
    try {
      action();
    } catch (const SQLite::Exception& error) {
      if (error.getErrorCode() == SQLITE_ERROR) {
        throw Error(ErrorCode::failed_precondition,
                    "the file is damaged, or its tables are not those of the Go server: " + path_);
      }
      throw sqlite::connection::translate(error, "reading the loom.db", nullptr, path_);
    }
  }

  std::string path_;
  FileState state_;
  SQLite::Database database_;
};

}  // namespace heddle::adoption
