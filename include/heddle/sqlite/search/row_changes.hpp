// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/search/deleted_words.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace heddle::sqlite::search {

/// Notes what a connection does to rows that are searched. What is rolled back is noted too.
class RowChanges {
 public:
  RowChanges() = default;
  RowChanges(const RowChanges&) = delete;
  RowChanges& operator=(const RowChanges&) = delete;
  RowChanges(RowChanges&&) = delete;
  RowChanges& operator=(RowChanges&&) = delete;
  ~RowChanges() = default;

  /// The object must live as long as the connection.
  void watch(sqlite3* connection, bool erase_deleted_words) {
    erase_deleted_words_ = erase_deleted_words;
    sqlite3_update_hook(
        connection,
        [](void* self, int operation, const char*, const char* table, sqlite3_int64) {
          static_cast<RowChanges*>(self)->note(operation, table);
        },
        this);
  }

  /// Notes the bytes of the text of a row that is inserted or replaced, as far as it is searched.
  void note_bytes(std::size_t bytes) noexcept { queued_bytes_ += static_cast<std::int64_t>(bytes); }

  /// Returns how many messages were queued for the index since the last call, at most.
  [[nodiscard]] std::int64_t take_queued() noexcept { return std::exchange(queued_, 0); }
  /// Returns how many bytes of text these have, about.
  [[nodiscard]] std::int64_t take_queued_bytes() noexcept { return std::exchange(queued_bytes_, 0); }
  /// Returns how many messages are to be removed from the index since the last call, at most.
  [[nodiscard]] std::int64_t take_removed() noexcept { return std::exchange(removed_, 0); }

  /// Returns true if since the last call anything was erased.
  [[nodiscard]] bool take_erased() noexcept { return std::exchange(erased_, false); }

  /// Returns true if since the last call any message was deleted.
  [[nodiscard]] bool take_deleted() noexcept { return std::exchange(deleted_, false); }

  /// The indexes whose deleted words have to leave the file.
  [[nodiscard]] DeletedWords& deleted_words() noexcept { return deleted_words_; }

 private:
  void note(int operation, std::string_view table) {
    if (operation == SQLITE_DELETE) {
      // FTS5 keeps one row for each text in a table of its own, which is named after the index.
      constexpr std::string_view suffix = "_docsize";
      if (erase_deleted_words_ && table.ends_with(suffix)) {
        deleted_words_.note(table.substr(0, table.size() - suffix.size()));
      }
      if (table == "messages") { deleted_ = true; }
    } else if (table == "messages") {
      ++queued_;
    } else if (table == "search_state") {
      erased_ = true;
    } else if (table == "search_removals") {
      ++removed_;
    }
  }

  DeletedWords deleted_words_;
  std::int64_t queued_ = 0;
  std::int64_t queued_bytes_ = 0;
  std::int64_t removed_ = 0;
  bool erased_ = false;
  bool deleted_ = false;
  bool erase_deleted_words_ = false;
};

}  // namespace heddle::sqlite::search
