// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/message_texts.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/indexing/filler.hpp"
#include "heddle/sqlite/indexing/idle_thread.hpp"
#include "heddle/sqlite/search/index_terms.hpp"
#include "heddle/sqlite/statements/erasure.hpp"
#include "heddle/sqlite/statements/indexing.hpp"
#include "heddle/text/word.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::sqlite::indexing {

/// Fills the full-text index of messages from the queue, in turns, as `Filler` says: by the thread of the connection
/// that writes, in a transaction of its own. A turn is done whole or not, and several processes can take turns.
template <class Connection>
class Indexer final : public Filler {
 public:
  Indexer(void* owner, TurnOf turn) noexcept : thread_(owner, turn) {}

  Turn take_turn(Connection& connection) override {
    const State state = read_state(connection);
    if (!state.is_of_this_version) { return {}; }
    // The rows that are deleted on the way have the texts, too.
    if (state.erasure != 0) { connection.begin_erasing(); }
    const Turn removed = remove(connection);
    // What is queued is for the next turn: one is as long as others wait.
    if (removed.messages > 0) { return {removed.messages, 0, false}; }
    const Turn inserted = insert(connection);
    // Not only when nothing is queued, which may never be so.
    const bool is_erased = state.erasure == 0 || erase(connection, state.erasure);
    return {inserted.messages, inserted.bytes, inserted.is_last && is_erased};
  }

  Turn take_turn_for(Connection& connection, std::string_view user) override {
    // Another thread can have done it.
    if (!read_state(connection).is_of_this_version || !waits_much(connection, user)) { return {}; }
    read(connection, sql().queued_of_user, [user](connection::Prepared& query) { query.text(user); });
    Turn turn = each(false, [&](const Entry& entry) { return insert(connection, entry); });
    turn.is_last = turn.messages == 0 || !waits_much(connection, user);
    return turn;
  }

  void remove_all(Connection& connection) override {
    if (!read_state(connection).is_of_this_version) { return; }
    while (!remove(connection).is_last) {}
  }

  void wake() noexcept override { thread_.wake(); }

 private:
  using Clock = std::chrono::steady_clock;
  /// A turn takes no further message after this time: others wait for the connection.
  static constexpr std::chrono::milliseconds longest{20};

  struct Entry {
    std::int64_t key = 0;
    std::int64_t tenant = 0;
    std::string user;
    bool is_indexed = false;  ///< only of those to be removed
  };

  static const IndexingStatements& sql() { return sql::statements<IndexingStatements>(); }

  struct State {
    bool is_of_this_version;  ///< else the index holds words that another version of the analysis has made otherwise
    std::int64_t erasure;     ///< see the migration `erasure`
  };

  static State read_state(Connection& connection) {
    const connection::Running state(connection, sql().state);
    if (!state->step()) { return {false, 0}; }
    return {std::as_const(*state).integer(0) == text::analysis_version, std::as_const(*state).integer(1)};
  }

  /// Goes on with the merge of all segments, which leaves out what was removed from the index; returns true if it is at
  /// its end. Nothing waits to be removed.
  static bool erase(Connection& connection, std::int64_t erasure) {
    const auto& sql = sql::statements<ErasureStatements<>>();
    const auto run = [&connection](const sql::StatementText& statement) {
      static_cast<void>(connection::Running(connection, statement)->step());
    };
    const auto set = [&connection, &sql](std::int64_t state) {
      const connection::Running update(connection, sql.set);
      update->integer(state);
      static_cast<void>(update->step());
    };
    if (erasure == 2) {
      run(sql.begin_merge);
      set(1);
      return false;
    }
    const std::int64_t before = sqlite3_total_changes64(connection.handle());
    run(sql.merge);
    // FTS5 documents that a merge that changes less than two rows had nothing left to do.
    if (sqlite3_total_changes64(connection.handle()) - before >= 2) { return false; }
    set(0);
    return true;
  }

  static bool waits_much(Connection& connection, std::string_view user) {
    const connection::Running query(connection, sql().many_queued);
    query->text(user);
    return query->step();
  }

  Turn remove(Connection& connection) {
    read(connection, sql().removals, [](connection::Prepared& /*query*/) {});
    find_indexed(connection);
    return each(std::ssize(entries_) < turn_size, [&](const Entry& entry) {
      remove(connection, entry);
      return std::int64_t{0};
    });
  }

  Turn insert(Connection& connection) {
    read(connection, sql().queued, [this](connection::Prepared& query) {
      query.text(last_user_);
      query.integer(last_key_);
    });
    const bool is_end = std::ssize(entries_) < turn_size;
    const bool is_all = is_end && last_user_.empty();
    // The next turn goes on behind these, so that no tenant waits for another one; at the end it begins anew.
    last_user_ = is_end ? std::string() : entries_.back().user;
    last_key_ = is_end ? 0 : entries_.back().key;
    // FTS5 writes a segment when a row id is lower than the one before.
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
    return each(is_all, [&](const Entry& entry) { return insert(connection, entry); });
  }

  /// `work` returns the bytes that it put into the index.
  template <class Work>
  Turn each(bool is_all, Work work) {
    const Clock::time_point end = Clock::now() + longest;
    Turn turn{0, 0, is_all};
    for (const Entry& entry : entries_) {
      turn.bytes += work(entry);
      ++turn.messages;
      if (Clock::now() > end && turn.messages < std::ssize(entries_)) {
        turn.is_last = false;
        break;
      }
    }
    return turn;
  }

  void remove(Connection& connection, const Entry& entry) {
    if (entry.is_indexed) {
      const connection::Running message(connection, sql().removed_text);
      message->integer(entry.key);
      if (message->step()) { write(connection, sql().remove, entry, *message); }
    }
    run(connection, sql().forget, entry.key);
    run(connection, sql().forget_tenant, entry.tenant);
  }

  static void run(Connection& connection, const sql::StatementText& statement, std::int64_t number) {
    const connection::Running running(connection, statement);
    running->integer(number);
    static_cast<void>(running->step());
  }

  /// What is not in the index must not be removed from it: FTS5 would count one row less, and fail at 0. Other programs
  /// can insert messages without queueing them. A query costs as much as some thousand rows that it reads, so one looks
  /// for all that are near one another.
  void find_indexed(Connection& connection) {
    constexpr std::int64_t widest_gap = 1000;
    for (auto first = entries_.begin(); first != entries_.end();) {
      auto last = first;
      auto next = first + 1;
      while (next != entries_.end() && next->tenant == first->tenant && next->key - last->key <= widest_gap) {
        last = next++;
      }
      query_ = '"';
      search::IndexTerms(first->tenant).append_end(query_);
      query_ += '"';
      const connection::Running query(connection, sql().indexed);
      query->text(query_);
      query->integer(first->key);
      query->integer(last->key);
      while (query->step()) {
        const std::int64_t key = std::as_const(*query).integer(0);
        while (first != next && first->key < key) { ++first; }
        if (first != next && first->key == key) { first->is_indexed = true; }
      }
      first = next;
    }
  }

  std::int64_t insert(Connection& connection, const Entry& entry) {
    {
      // Before, so that a message is never indexed twice.
      const connection::Running dequeue(connection, sql().dequeue);
      dequeue->text(entry.user);
      dequeue->integer(entry.key);
      static_cast<void>(dequeue->step());
    }
    const connection::Running message(connection, sql().text);
    message->integer(entry.key);
    if (!message->step()) { return 0; }
    return write(connection, sql().insert, entry, *message);
  }

  template <class Bind>
  void read(Connection& connection, const sql::StatementText& statement, Bind bind) {
    entries_.clear();
    const connection::Running query(connection, statement);
    query->integer(turn_size);
    bind(*query);
    const connection::Prepared& row = *query;
    while (query->step()) { entries_.push_back({row.integer(0), row.integer(1), std::string(row.text(2))}); }
  }

  /// Returns the bytes of the texts of the message.
  std::int64_t write(Connection& connection, const sql::StatementText& statement, const Entry& entry,
                     const connection::Prepared& message) {
    const auto& texts = texts_.of(
        {message.text(0), message.text(1), message.text(2), std::string_view(), message.text(3), message.text(4)});
    const search::IndexTerms tenant(entry.tenant);
    std::int64_t bytes = 0;
    const connection::Running running(connection, statement);
    running->integer(entry.key);
    for (std::size_t place = 0; place < terms_.size(); ++place) {
      // The first end says that the message is in the index.
      running->text(terms_[place].of(tenant, texts[place], place == 0));
      bytes += std::ssize(texts[place]);
    }
    static_cast<void>(running->step());
    return bytes;
  }

  std::vector<Entry> entries_;
  sql::StoredTexts<Message> texts_;
  std::array<search::TextTerms<std::string_view>, 4> terms_;  ///< of each place
  std::string query_;
  // Where the last turn ended.
  std::string last_user_;
  std::int64_t last_key_ = 0;
  IdleThread<void> thread_;  ///< the last member, because it uses the others
};

}  // namespace heddle::sqlite::indexing
