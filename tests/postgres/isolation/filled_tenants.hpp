#pragma once

#include "heddle/context.hpp"
#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <memory>
#include <string>
#include <vector>

namespace isolation {

using OnServer = heddle::Backend<heddle::Postgres>;

/// The id of every record of these tenants.
inline const std::string known = "known";

/// Stores rows of a tenant in every table, all with the same id. "gold" is its own stem, so that raw SQL can search for
/// it.
inline void fill(OnServer& backend, const std::string& user) {
  const auto context = heddle::Context::for_user(user);
  auto& sessions = backend.session_storage();
  sessions.save_session(context, {.id = known, .name = known, .agent_id = known});
  sessions.save_session(context, {.id = known + " child", .agent_id = known, .parent_session_id = known});
  sessions.save_message(
      context, known, {.content = "gold of " + user, .session_context = heddle::SessionContext::shared, .model = known},
      {.idempotency_key = known});
  sessions.save_tool_execution(context, known, {.tool_name = known});
  sessions.save_snapshot(context, {.id = known, .session_id = known, .snapshot_type = known});
  sessions.fold_messages(context, known, {1, 1}, {.id = known + " fold", .content = "gold of " + user});
  heddle::Message call{.role = heddle::Role::assistant};
  call.tool_calls = {{.id = known, .name = known}};
  sessions.save_message(context, known, call);
  auto& streams = backend.stream_store();
  heddle::MessageStream stream = streams.begin(context, known, {});
  streams.append(context, stream, "gold of " + user);
  backend.error_store().store(context, {.id = known, .session_id = known, .tool_name = known, .raw_error = "failed"});
  backend.artifact_store().index(context, {.id = known, .name = "gold", .path = known, .session_id = known});
  backend.artifact_store().put(context, {.id = known + " content", .session_id = known}, "gold of " + user);
  backend.result_store().store(context, {.id = known, .table = {{"c"}, {{std::string("gold")}}}});
  backend.human_request_store().store(context, {.id = known, .session_id = known, .question = "?"});
}

/// A database in which alice and bob have rows in every table, and no other tenant has any.
class FilledTenants {
 public:
  explicit FilledTenants() : backend_(std::make_unique<OnServer>(database_.config(folder_.path()))) {
    for (const std::string user : {"alice", "bob"}) {
      fill(*backend_, user);
      // As an interrupted put leaves it.
      superuser().execute("INSERT INTO content_uploads (user_id, number, touched_at) VALUES ('" + user + "', 1, 1)");
      // As the transactions of an import see it, so that it keeps none of these tests out.
      superuser().execute("INSERT INTO imports (user_id, digest, line, writing, aborting, started_at) VALUES ('" +
                          user + "', '', 1, 1, 0, 1)");
      superuser().execute("INSERT INTO import_numbers (user_id, kind, place, number) VALUES ('" + user +
                          "', 'session', 1, 1)");
      // As an interrupted erasure leaves it.
      superuser().execute("INSERT INTO erasures (user_id, key, batch, started_at) VALUES ('" + user + "', '', 1, 1)");
      superuser().execute("INSERT INTO erasure_counts (user_id, name, removed) VALUES ('" + user + "', 'folds', 1)");
    }
  }

  OnServer& backend() { return *backend_; }
  support::PostgresDatabase& database() { return database_.database(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  /// Returns a connection that sees everything.
  support::RawPostgres superuser() { return support::RawPostgres(database().superuser_dsn()); }
  /// Returns a connection of the server's role.
  support::RawPostgres app() { return support::RawPostgres(database().app_dsn()); }

 private:
  support::TemporaryFolder folder_{};
  support::MigratedDatabase database_{};
  std::unique_ptr<OnServer> backend_{};
};

/// Returns all tables of the schema with rows of tenants, from the catalogue: new tables are included. Receipts of
/// erasures name no tenant: see postgres/erasures.
inline std::vector<std::string> tables_of_tenants(support::RawPostgres& raw) {
  return raw.texts(
      "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'f') "
      "AND relname NOT IN ('heddle_migrations', 'heddle_announcement_key', 'erasure_receipts') ORDER BY relname");
}

/// Returns a digest of the content of a table.
inline std::string digest(support::RawPostgres& superuser, const std::string& table,
                          const std::string& where = "true") {
  return superuser.text("SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM " + table +
                        " t WHERE " + where);
}

/// Returns the digests of all tables.
inline std::string digest_of_all(support::RawPostgres& superuser, const std::string& where = "true") {
  std::string all;
  for (const auto& table : tables_of_tenants(superuser)) { all += digest(superuser, table, where); }
  return all;
}

}  // namespace isolation
