#include "conformance/same_tenant.hpp"
#include "conformance/transfers.hpp"
#include "heddle/backup.hpp"
#include "heddle/copy.hpp"
#include "heddle/erasure.hpp"
#include "heddle/sqlite.hpp"
#include "support/migrated_database.hpp"
#include "support/temporary_folder.hpp"
#include "transcripts/import.hpp"
#include "transcripts/transcript.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;

// Real transcripts of an agent through all that moves tenants: out, erased, in again, to another database and back.

namespace {

/// Stores beside a conversation what a server does: its document as an artifact, a table, an error, a question.
template <class Backend>
void store_records(Backend& backend, const Transcript& transcript, std::size_t number) {
  const Context context = Context::for_user(transcript.tenant);
  const std::string& session = transcript.session_id;
  auto& artifacts = backend.artifact_store();
  const Artifact artifact{.id = "document of " + session, .name = "document.json", .session_id = session};
  if (number % 3 == 0) { artifacts.put(context, artifact, transcript.document.substr(0, 1000)); }
  artifacts.put(context, artifact, transcript.document);
  backend.session_storage().save_snapshot(
      context,
      {.id = "snapshot of " + session, .session_id = session, .snapshot_type = "summary", .content = transcript.name});
  NewResult result{.id = "calls of " + session, .table_name = "calls", .time_to_live = std::chrono::hours(24)};
  result.table.columns = {"tool", "success", "answer"};
  for (const auto& turn : transcript.turns) {
    for (const auto& execution : turn.executions) {
      result.table.rows.push_back({execution.tool_name, execution.result->success, execution.result->data.text});
      if (!execution.result->success) {
        backend.error_store().store(
            context,
            {.session_id = session, .tool_name = execution.tool_name, .raw_error = execution.result->data.text});
      }
    }
  }
  backend.result_store().store(context, result);
  auto& requests = backend.human_request_store();
  const std::string id = requests.store(
      context, {.agent_id = "airline-agent", .session_id = session, .question = "May I refund " + session + "?"});
  if (number % 2 == 0) { requests.respond(context, id, {.status = RequestStatus::approved, .response = "Yes"}); }
}

sqlite::Config config_in(const std::filesystem::path& folder) {
  return {.path = (folder / "heddle.db").string(), .administer_tenants = true};
}

/// A SQLite database in a folder of its own.
struct InFolder {
  InFolder() { backend.migrate(); }

  support::TemporaryFolder folder;
  Backend<Sqlite> backend{config_in(folder.path())};
};

}  // namespace

TEST_CASE("transcripts come back the same: exported, erased, imported, copied to PostgreSQL, and copied back") {
  InFolder source;
  auto& from = source.backend;
  auto transcripts = read_transcripts(HEDDLE_TEST_TRANSCRIPTS).transcripts;
  store_all(from, transcripts);
  std::set<std::string> tenants;
  for (std::size_t number = 0; number < transcripts.size(); ++number) {
    tenants.insert(transcripts[number].tenant);
    store_records(from, transcripts[number], number);
  }
  CHECK(tenants.size() == 4);
  // How it was, kept by other means.
  const support::TemporaryFolder kept;
  backup(from, {}, kept.path() / "backup");
  restore({}, kept.path() / "backup", {.database = kept.path() / "heddle.db"});
  Backend<Sqlite> original(config_in(kept.path()));

  for (const std::string& tenant : tenants) {
    const Context context = Context::for_user(tenant);
    const std::filesystem::path path = source.folder.path() / "stream";
    {
      std::ofstream file(path, std::ios::binary);
      export_user(from, context, [&](std::string_view bytes) { file << bytes; });
    }
    const ErasureReceipt receipt = erase_user(from, context, {.idempotency_key = tenant});
    CHECK(receipt.counts.at("messages") > 1000);
    CHECK(exported(from, context).report.records == 0);
    CHECK(!import_user(from, context, path, {.artifact_quota = true}).resumed);
  }
  OnServer server;
  auto& there = server.backend();
  CHECK(copy(from, there).copied == 4);
  InFolder last;
  CHECK(copy(there, last.backend).copied == 4);
  for (const std::string& tenant : tenants) {
    const Context context = Context::for_user(tenant);
    check_tenant(original, there, context);
    check_tenant(original, last.backend, context);
  }
  for (const std::string& tenant : tenants) {
    const Context context = Context::for_user(tenant);
    check_rows_of_results(original, there, context);
    check_rows_of_results(original, last.backend, context);
  }
}
