// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/message_texts.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/indexing/erasing.hpp"
#include "heddle/sqlite/indexing/filler.hpp"
#include "heddle/sqlite/indexing/find_indexed.hpp"
#include "heddle/sqlite/indexing/idle_thread.hpp"
#include "heddle/sqlite/indexing/index_state.hpp"
#include "heddle/sqlite/indexing/next_index.hpp"
#include "heddle/sqlite/indexing/run_statement.hpp"
#include "heddle/sqlite/search/index_terms.hpp"
#include "heddle/sqlite/statements/indexing.hpp"
#include "heddle/sqlite/statements/rebuilding.hpp"
#include "heddle/text/analysis.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
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

  Turn take_turn(Connection& connection, std::string_view user) override {
    state_ = IndexState::read(connection);
    if (!state_.is_ours()) { return {}; }
    // The rows that are deleted on the way have the texts, too; and a former index can have what was erased since.
    if (state_.erasure != 0 || state_.has_former) { connection.begin_erasing(); }
    is_removing_ = false;
    Turn turn = can_change() ? fill(connection) : Turn();
    // Not only when nothing is queued, which may never be so.
    if (!is_removing_ && !do_what_is_owed(connection, turn, user)) { turn.is_last = false; }
    turn.is_outdated = IndexState::read(connection).is_outdated();
    return turn;
  }

  Turn take_turn_for(Connection& connection, std::string_view user) override {
    state_ = IndexState::read(connection);
    // Another thread can have done it.
    if (!state_.is_ours() || !can_change() || !waits_much(connection, user)) { return {}; }
    read(connection, sql().queued_of_user, [user](connection::Prepared& query) { query.text(user); });
    Turn turn = each(false, [&](const Entry& entry) { return insert(connection, entry); });
    turn.is_last = turn.messages == 0 || !waits_much(connection, user);
    return turn;
  }

  void wake() noexcept override { thread_.wake(); }

 private:
  using Clock = std::chrono::steady_clock;
  /// A turn takes no further message after this time: others wait for the connection.
  static constexpr std::chrono::milliseconds longest{20};
  static constexpr std::int64_t before_all_keys = std::numeric_limits<std::int64_t>::min();

  using Entry = IndexEntry;
  using Texts = typename sql::MessageTexts<Message>::Texts;

  static const IndexingStatements& sql() { return sql::statements<IndexingStatements>(); }

  static const RebuildingStatements& next() { return sql::statements<RebuildingStatements>(); }

  /// False if there is an index of which this program does not have the rules, or of which it needs not: one that a
  /// version between has begun to make.
  [[nodiscard]] bool can_change() const noexcept {
    return text::has_rules_of(state_.analysis) && (state_.next == 0 || state_.next == text::own_analysis());
  }

  /// Removes and inserts.
  Turn fill(Connection& connection) {
    const Turn removed = remove(connection);
    // What is queued is for the next turn if many were removed: one is as long as others wait. Not if few were, because
    // some may be each time.
    is_removing_ = !removed.is_last || removed.messages > turn_size / 4;
    if (is_removing_) { return {removed.messages, 0, false}; }
    Turn turn = insert(connection);
    turn.messages += removed.messages;
    return turn;
  }

  /// Does some of what is owed beside the queue; returns true if nothing is left. Nothing waits to be removed.
  bool do_what_is_owed(Connection& connection, Turn& turn, std::string_view user) {
    const int own = text::own_analysis();
    if (state_.has_former) {
      if (NextIndex<Connection>::remove_former(connection)) { connection.execute(RebuildingStatements::drop_former); }
    } else if (!can_change()) {
      const bool is_known = text::has_rules_of(state_.analysis);
      is_known ? NextIndex<Connection>::begin(connection) : NextIndex<Connection>::start_over(connection);
    } else if (state_.artifacts < own) {
      renew_artifacts(connection, turn, user);
    } else if (state_.analysis == own) {
      return state_.erasure == 0 || Erasing<Connection>::go_on(connection, state_.erasure);
    } else if (state_.next == own) {
      renew(connection, turn, user);
    } else {
      NextIndex<Connection>::begin(connection);
    }
    return false;
  }

  /// Goes on with the index that is made anew, or puts it in the place of the other one.
  void renew(Connection& connection, Turn& turn, std::string_view user) {
    // Fewer beside those that were queued.
    const std::int64_t most = turn.messages == 0 ? turn_size : turn_size / 4;
    entries_.clear();
    {
      const connection::Running query(connection, next().following);
      query->integer(most);
      query->integer(state_.position);
      const connection::Prepared& row = *query;
      while (query->step()) {
        entries_.push_back({row.integer(0), row.integer(1), std::string(row.text(2))});
        entries_.back().is_queued = row.integer(3) != 0;
      }
    }
    std::int64_t added = 0;
    const Turn done = each(std::ssize(entries_) < most, [&](const Entry& entry) {
      state_.position = entry.key;
      // What is queued gets into both indexes later.
      if (entry.is_queued) { return std::int64_t{0}; }
      const connection::Running message(connection, sql().text);
      message->integer(entry.key);
      if (!message->step()) { return std::int64_t{0}; }
      write(connection, next().insert, state_.next, entry, texts_in(*message));
      ++added;
      if (user.empty() || user == entry.user) { ++turn.renewed; }
      return std::int64_t{0};
    });
    if (done.is_last) {
      NextIndex<Connection>::replace(connection);
    } else {
      run_statement(connection, next().advance, state_.position, added);
    }
  }

  void renew_artifacts(Connection& connection, Turn& turn, std::string_view user) {
    read(connection, next().artifacts, [](connection::Prepared& /*query*/) {});
    const Turn done = each(std::ssize(entries_) < turn_size, [&](const Entry& entry) {
      run_statement(connection, next().renew_artifact, entry.key, entry.tenant);
      if (user.empty() || user == entry.user) { ++turn.renewed; }
      return std::int64_t{0};
    });
    if (done.is_last) { run_statement(connection, next().renewed_artifacts); }
  }

  static bool waits_much(Connection& connection, std::string_view user) {
    const connection::Running query(connection, sql().many_queued);
    query->text(user);
    return query->step();
  }

  Turn remove(Connection& connection) {
    read(connection, sql().removals, [this](connection::Prepared& query) { query.integer(last_removed_); });
    find_indexed(connection, sql().indexed, entries_, &Entry::is_indexed);
    if (state_.next != 0) { find_indexed(connection, next().indexed, entries_, &Entry::is_in_next); }
    const bool is_end = std::ssize(entries_) < turn_size;
    const Turn turn = each(is_end && last_removed_ == before_all_keys, [&](const Entry& entry) {
      remove(connection, entry);
      return std::int64_t{0};
    });
    // As with those that are queued: what one tenant removes all the time keeps no other one waiting.
    const bool has_ended = is_end && turn.messages == std::ssize(entries_);
    last_removed_ = has_ended ? before_all_keys : entries_[static_cast<std::size_t>(turn.messages) - 1].key;
    return turn;
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
    if (entry.is_indexed || entry.is_in_next) {
      const connection::Running message(connection, sql().removed_text);
      message->integer(entry.key);
      if (message->step()) {
        const Texts& texts = texts_in(*message);
        if (entry.is_indexed) { write(connection, sql().remove, state_.analysis, entry, texts); }
        if (entry.is_in_next) { write(connection, next().remove, state_.next, entry, texts); }
      }
    }
    run_statement(connection, sql().forget, entry.key);
    run_statement(connection, sql().forget_tenant, entry.tenant);
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
    const Texts& texts = texts_in(*message);
    write(connection, sql().insert, state_.analysis, entry, texts);
    if (state_.is_in_next(entry.key)) { write(connection, next().insert, state_.next, entry, texts); }
    std::int64_t bytes = 0;
    for (const std::string_view text : texts) { bytes += std::ssize(text); }
    return bytes;
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

  /// Returns the texts of a message in a row of `removed_text` or `text`, valid until the next call.
  const Texts& texts_in(const connection::Prepared& row) {
    return texts_.of({row.text(0), row.text(1), row.text(2), std::string_view(), row.text(3), row.text(4)});
  }

  /// Puts texts into an index, or takes them out, whose words a version of the analysis makes.
  void write(Connection& connection, const sql::StatementText& statement, int analysis, const Entry& entry,
             const Texts& texts) {
    const search::IndexTerms tenant(entry.tenant);
    const connection::Running running(connection, statement);
    running->integer(entry.key);
    for (std::size_t place = 0; place < terms_.size(); ++place) {
      // The first end says that the message is in the index.
      terms_[place].use(analysis);
      running->text(terms_[place].of(tenant, texts[place], place == 0));
    }
    static_cast<void>(running->step());
  }

  IndexState state_;          ///< as the turn found it
  bool is_removing_ = false;  ///< more may wait to be removed than the turn has removed
  std::vector<Entry> entries_;
  sql::StoredTexts<Message> texts_;
  std::array<search::TextTerms<std::string_view>, 4> terms_;  ///< of each place
  // Where the last turn ended.
  std::int64_t last_removed_ = before_all_keys;
  std::string last_user_;
  std::int64_t last_key_ = 0;
  IdleThread<void> thread_;  ///< the last member, because it uses the others
};

}  // namespace heddle::sqlite::indexing
