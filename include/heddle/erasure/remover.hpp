// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/erasure/batches.hpp"
#include "heddle/erasure/control_statements.hpp"
#include "heddle/erasure/removal_statements.hpp"
#include "heddle/error.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/cleanup_hooks.hpp"
#include "heddle/stores/detail/first_failure.hpp"
#include "heddle/text/analysis.hpp"
#include "heddle/transfer/control_statements.hpp"
#include "heddle/transfer/marks.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::erasure {

/// Removes the rows of a tenant in batches, those of SQLite's full-text indexes included.
template <class Policy, class Passage>
class Remover {
  using Sql = typename Policy::Dialect::Language;

 public:
  Remover(Batches<Sql, Passage>& batches, stores::detail::CleanupHooks& hooks) : batches_(batches), hooks_(hooks) {}

  /// Hides sessions and artifacts, with all that hangs on them.
  void hide() {
    for (const auto& statement : removal_.hide) {
      constexpr std::int64_t size = RemovalStatements<Sql>::rows_at_once;
      std::string last;
      for (bool more = true; more;) {
        const std::vector<std::string> hidden =
            batches_.write([&](auto& tx) { return tx.all(statement, tx.user_id(), size, last); });
        more = std::ssize(hidden) == size;
        // The next batch goes on behind these: if it looked for its rows from the start, the time would grow with the
        // square of their number.
        if (more) { last = *std::max_element(hidden.begin(), hidden.end()); }
      }
    }
  }

  /// Removes what is there, but no files.
  void remove() {
    hide();
    remove_unused_summaries();
    for (const TableRemoval& table : removal_.records) { remove_all(table); }
    batches_.repeat(removal_.blobs_at_once, [&](auto& tx, std::int64_t size) {
      tx.run(removal_.count_versions, tx.user_id(), size);
      tx.run(removal_.contents_first.count, tx.user_id(), size);
      auto removed = tx.run(removal_.contents_first.remove, tx.user_id(), size);
      tx.run(removal_.forget_uploads, tx.user_id());
      return removed;
    });
    for (const TableRemoval& table : removal_.last_records) { remove_all(table); }
    remove_sessions();
    remove_branches();
    empty_index();
  }

 private:
  void remove_all(const TableRemoval& table) {
    batches_.repeat(table.size, [&](auto& tx, std::int64_t size) {
      tx.run(table.rows.count, tx.user_id(), size);
      return tx.run(table.rows.remove, tx.user_id(), size);
    });
  }

  /// Those of an import that has not come to their folds. Before any folds are removed: on SQLite the numbers of
  /// summaries that go with folds are used again, by other tenants, too.
  void remove_unused_summaries() {
    const auto& imports = sql::statements<transfer::ControlStatements<Sql>>();
    batches_.note(batches_.write([&](auto& tx) {
      for (const auto& count : removal_.count_unused_summaries) { tx.run(count, tx.user_id()); }
      tx.run(imports.drop_summaries, tx.user_id());
      return tx.run(imports.forget_summaries, tx.user_id());
    }));
  }

  void remove_sessions() {
    constexpr std::int64_t most = RemovalStatements<Sql>::rows_at_once;
    constexpr std::int64_t listed = 100;
    for (;;) {
      const std::vector<SessionSize> sessions =
          batches_.passage().read([&](auto& tx) { return tx.all(removal_.sessions, tx.user_id(), listed); });
      if (sessions.empty()) { return; }
      // As many together as have few messages.
      for (std::size_t first = 0; first < sessions.size();) {
        std::size_t end = first;
        std::int64_t messages = 0;
        do {
          messages += sessions[end++].last_sequence;
        } while (end < sessions.size() && messages + sessions[end].last_sequence <= most);
        remove_messages(removal_.messages, std::string_view(sessions[first].id),
                        std::string_view(sessions[end - 1].id));
        // Before the sessions are removed: if it is interrupted, they run again. If one throws, the sessions go all the
        // same, so that an erasure ends however often hooks fail.
        stores::detail::FirstFailure failure;
        for (std::size_t each = first; each < end; ++each) {
          if (sessions[each].id == transfer::staging_session) { continue; }
          failure.attempt([&] { hooks_.run(batches_.passage().context(), sessions[each].id); });
        }
        batches_.note(batches_.write([&](auto& tx) {
          for (const auto& count : removal_.count_sessions) {
            tx.run(count, tx.user_id(), sessions[first].id, sessions[end - 1].id);
          }
          return tx.run(removal_.remove_sessions, tx.user_id(), sessions[first].id, sessions[end - 1].id);
        }));
        failure.rethrow();
        first = end;
      }
    }
  }

  /// What sessions do not have: branches of an import that has not ended.
  void remove_branches() {
    if (!batches_.passage().read([&](auto& tx) { return tx.one(removal_.has_branches, tx.user_id()); })) { return; }
    remove_messages(removal_.messages_of_branches);
    batches_.note(batches_.write([&](auto& tx) {
      for (const auto& count : removal_.count_branches) { tx.run(count, tx.user_id()); }
      tx.run(removal_.remove_segments, tx.user_id());
      return tx.run(removal_.remove_branches, tx.user_id());
    }));
  }

  /// Removes what some branches have written.
  template <class... Branches>
  void remove_messages(const MessageRemoval<Branches...>& removal, const Branches&... branches) {
    constexpr std::int64_t size = RemovalStatements<Sql>::rows_at_once;
    for (bool more = true; more;) {
      const auto removed = batches_.write([&](auto& tx) {
        const auto remove_rows = [&](const Removal<Branches..., std::int64_t>& rows) {
          tx.run(rows.count, tx.user_id(), branches..., size);
          return tx.run(rows.remove, tx.user_id(), branches..., size);
        };
        auto chunks = remove_rows(removal.chunks);
        auto streams = remove_rows(removal.streams);
        auto links = remove_rows(removal.links);
        auto messages = remove_rows(removal.messages);
        return [chunks = std::move(chunks), streams = std::move(streams), links = std::move(links),
                messages = std::move(messages)]() mutable {
          return std::array<std::int64_t, 4>{chunks(), streams(), links(), messages()};
        };
      });
      more = std::find(removed.begin(), removed.end(), size) != removed.end();
      std::int64_t sum = 0;
      for (const std::int64_t count : removed) { sum += count; }
      batches_.note(sum);
    }
  }

  /// Has the removed messages leave the full-text index of SQLite, and then the number of the tenant in it.
  void empty_index() {
    if constexpr (Sql::queues_messages) {
      static_assert(concepts::ErasesFromFiles<Policy>,
                    "heddle: a policy on SQLite needs erases_from_files to erase users");
      const auto& index = sql::statements<IndexStatements<Sql>>();
      // Others can keep it busy: each turn takes some of those that wait, of all tenants.
      while (batches_.passage().read([&](auto& tx) { return tx.one(index.owes, tx.user_id()); })) {
        batches_.passage().context().check();
        if (batches_.passage().read([&](auto& tx) { return tx.one(index.is_lost, tx.user_id()); })) {
          throw Error(ErrorCode::data_loss,
                      "the database has lost the tenant's number in the full-text index, so that its words stay there");
        }
        if (batches_.passage().read([&](auto& tx) { return tx.one(index.analysis); }) > text::own_analysis()) {
          throw Error(ErrorCode::failed_precondition,
                      "the full-text index has the words of a later version: erase with a program of that version");
        }
        batches_.passage().with_engine([](auto& engine, const auto& call) { return engine.reindex(call); });
      }
      batches_.write([&](auto& tx) { return tx.run(index.forget_tenant, tx.user_id()); });
    }
  }

  Batches<Sql, Passage>& batches_;
  stores::detail::CleanupHooks& hooks_;
  const RemovalStatements<Sql>& removal_ = sql::statements<RemovalStatements<Sql>>();
};

}  // namespace heddle::erasure
