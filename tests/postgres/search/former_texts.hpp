#pragma once

#include "heddle/postgres.hpp"
#include "heddle/postgres/search/former_words.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Texts as versions before the first numbered analysis stored them.
namespace former {

using Storage = heddle::Backend<heddle::Postgres>;

inline const heddle::Context alice = heddle::Context::for_user("alice");
inline const heddle::Context bob = heddle::Context::for_user("bob");

/// Returns the value of the column `search` that an earlier version stored.
inline std::string vector_of(const std::string& user, std::string_view text) {
  std::string vector = "'";
  int position = 0;
  heddle::postgres::search::for_each_former_word(text, [&](std::string_view word) {
    vector.append("''").append(word).append("'':").append(std::to_string(++position)) += ' ';
  });
  return vector + "'::tsvector || array_to_tsvector(ARRAY['~u" + user + "'])";
}

/// A database with a session "s" of alice and one of bob.
class Database {
 public:
  using Storage = former::Storage;

  Database() {
    for (const auto& context : {alice, bob}) { backend.session_storage().save_session(context, {.id = "s"}); }
  }

  /// Stores messages as an earlier version did.
  void add(const heddle::Context& context, const std::vector<std::string>& texts) {
    std::vector<heddle::Message> messages;
    for (const std::string& text : texts) { messages.push_back({.content = text}); }
    const auto range = backend.session_storage().save_messages(context, "s", messages);
    std::int64_t sequence = range.first;
    for (const std::string& text : texts) {
      raw.execute("UPDATE messages SET search = " + vector_of(context.user_id, text) +
                  ", words = NULL WHERE user_id = '" + context.user_id +
                  "' AND sequence = " + std::to_string(sequence++));
    }
  }
  /// Stores an artifact with this purpose as an earlier version did.
  void add_artifact(const heddle::Context& context, const std::string& id, const std::string& purpose) {
    backend.artifact_store().index(context, {.id = id, .purpose = purpose});
    make_former(context, id, purpose);
  }
  void make_former(const heddle::Context& context, const std::string& id, const std::string& purpose) {
    raw.execute("UPDATE artifacts SET search = " + vector_of(context.user_id, purpose) +
                ", words = NULL WHERE user_id = '" + context.user_id + "' AND id = '" + id + "'");
  }

  /// Returns how many rows have former words.
  std::int64_t left(const std::string& table = "messages") {
    return raw.integer("SELECT count(*) FROM " + table + " WHERE search @@ '''~u'':*'::tsquery");
  }
  /// Returns the texts of the messages that a query finds, sorted.
  std::vector<std::string> found(const std::string& query, const heddle::Context& context = alice) {
    std::vector<std::string> texts;
    heddle::PageRequest page{.limit = 100};
    do {
      auto messages = backend.session_storage().search_messages(context, {.query = query}, page);
      for (const auto& message : messages.items) { texts.push_back(message.content); }
      page.cursor = messages.next;
    } while (!page.cursor.empty());
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  support::MigratedDatabase database{};
  Storage backend{database.config()};
  support::RawPostgres raw{database.database().superuser_dsn()};
};

}  // namespace former
