// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/model/message.hpp"
#include "heddle/sql/former_rows.hpp"
#include "heddle/sql/message_parts.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/admin_rights.hpp"

#include <concepts>
#include <cstdint>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// What one transaction indexes anew: rows, and bytes of their texts.
inline constexpr std::int64_t reindexed_at_once = 256;
inline constexpr std::int64_t reindexed_bytes = std::int64_t{4} << 20U;

/// Rows with words of a former analysis.
struct FormerRows {
  std::vector<sql::FormerMessage> messages;
  std::vector<sql::FormerArtifact> artifacts;

  [[nodiscard]] bool empty() const noexcept { return messages.empty() && artifacts.empty(); }
};

/// Returns what is searched of a message. One with damaged JSON is found by its content, so that it holds up no other.
[[nodiscard]] Message searched_of(const std::same_as<sql::FormerMessage> auto& row) {
  Message message;
  message.content = row.content;
  message.content_blocks = row.content_blocks;
  message.tool_calls = row.tool_calls;
  message.tool_result = row.tool_result;
  message.parts = row.parts;
  try {
    sql::complete_row(message);
  } catch (const Error&) {
    message = Message{};
    message.content = row.content;
  }
  return message;
}

/// Queues the new words of rows; returns a function that returns how many rows still had the former ones.
template <class Policy, class Transaction>
auto renew_rows(Transaction& tx, const FormerRows& rows) {
  const auto& statements = sql::statements<typename Policy::Dialect::Reindexing>();
  using Changed = decltype(tx.run(statements.renew_message, {}, 0, 0, sql::SearchText({}, 0)));
  std::vector<Changed> changed;
  changed.reserve(rows.messages.size() + rows.artifacts.size());
  for (const sql::FormerMessage& row : rows.messages) {
    const Message message = searched_of(row);
    changed.push_back(tx.run(statements.renew_message, row.user_id, row.branch_number, row.sequence,
                             sql::SearchText(message, row.content.size())));
  }
  for (const sql::FormerArtifact& row : rows.artifacts) {
    changed.push_back(tx.run(statements.renew_artifact, row.user_id, row.id, row.digest,
                             sql::SearchText(row.name, row.purpose, row.tags)));
  }
  return [changed = std::move(changed)] {
    std::int64_t sum = 0;
    for (const auto& each : changed) { sum += each(); }
    return sum;
  };
}

/// Indexes rows anew until `next()` returns none, or until another program has indexed all that it returned: the rest
/// is left to that one. `write(work)` runs a unit of work. Returns the number of rows.
template <class Policy, class Passage, class Next, class Write>
std::int64_t renew_each(Passage& passage, Next&& next, Write&& write) {
  std::int64_t sum = 0;
  for (std::int64_t changed = 1; changed != 0; sum += changed) {
    passage.context().check();
    const FormerRows rows = next();
    changed = rows.empty() ? 0 : write([&](auto& tx) { return renew_rows<Policy>(tx, rows); });
  }
  passage.count(sum);
  return sum;
}

template <class Policy, class Passage>
std::int64_t reindex_rows_of_tenant(Passage& passage) {
  const auto next = [&] {
    return passage.read([](auto& tx) {
      const auto& statements = sql::statements<typename Policy::Dialect::Reindexing>();
      auto messages = tx.all(statements.messages, tx.user_id(), reindexed_at_once, reindexed_bytes);
      auto artifacts = tx.all(statements.artifacts, tx.user_id(), reindexed_at_once, reindexed_bytes);
      return [messages = std::move(messages), artifacts = std::move(artifacts)] {
        return FormerRows{messages(), artifacts()};
      };
    });
  };
  return renew_each<Policy>(passage, next, [&](auto&& work) { return passage.write(work); });
}

template <class Policy, class Passage>
std::int64_t reindex_rows_of_all_tenants(Passage& passage) {
  const auto next = [&] {
    return passage.oversee([](auto& tx) {
      const auto& statements = sql::statements<typename Policy::Dialect::Reindexing>();
      tx.require(sees_one_tenant, sql::statements<typename Policy::Dialect::Admin>().sees_all_tenants);
      auto messages = tx.all(statements.all_messages, reindexed_at_once, reindexed_bytes);
      auto artifacts = tx.all(statements.all_artifacts, reindexed_at_once, reindexed_bytes);
      return [messages = std::move(messages), artifacts = std::move(artifacts)] {
        return FormerRows{messages(), artifacts()};
      };
    });
  };
  return renew_each<Policy>(passage, next, [&](auto&& work) { return passage.administer(work); });
}

}  // namespace heddle::stores::detail
