#include "property/texts.hpp"
#include "heddle/detail/crypto/base64.hpp"
#include "heddle/sqlite.hpp"
#include "property/generator.hpp"
#include "property/trips.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// 1,000 bad texts in every text of every record, one at a time: refused with the right error, or stored and returned
/// byte for byte. Invalid UTF-8 must be refused, clean short text must be accepted.
namespace {

using heddle::ErrorCode;
using property::inputs;
using property::Shelf;
using property::Trip;
using property::try_all;

/// A database in memory with the sessions that records refer to; their id is "text".
class Database {
 public:
  Database() {
    backend_.migrate();
    make_session();
  }

  auto& operator*() noexcept { return backend_; }
  auto& sessions() noexcept { return backend_.session_storage(); }

  void make_session() {
    heddle::Session session;
    session.id = "text";
    sessions().save_session({}, session);
  }

 private:
  support::TemporaryFolder folder_;
  heddle::Backend<heddle::Sqlite> backend_{
      heddle::sqlite::Config{.path = ":memory:", .artifact_directory = folder_.path() / "artifacts"}};
};

}  // namespace

TEST_CASE("bad texts in a session") {
  Database database;
  Shelf<heddle::Session> shelf;
  // The tenant is in the context, and the parent must exist.
  try_all(Trip<heddle::Session>{.base =
                                    [] {
                                      auto session = property::filled<heddle::Session>();
                                      session.id = "child";
                                      return session;
                                    }(),
                                .save =
                                    [&](const heddle::Session& session) {
                                      auto own = session;
                                      // The next one replaces it.
                                      if (own.id == "child") {
                                        const auto stored = database.sessions().load_session({}, own.id);
                                        own.revision = stored ? stored->revision : 0;
                                      }
                                      database.sessions().save_session({}, own);
                                      shelf.put(database.sessions().load_session({}, session.id));
                                    },
                                .load = shelf.taker(),
                                .not_compared = {"user_id"},
                                .particular = {"parent_session_id"},
                                .further_errors = {ErrorCode::not_found}});
}

TEST_CASE("bad texts in a message, its blocks, calls and results") {
  Database database;
  auto base = property::filled<heddle::Message>();
  base.parts.clear();
  base.redacted.reset();
  base.state = {};
  try_all(Trip<heddle::Message>{
      .base = base,
      .save = [&](const heddle::Message& message) { database.sessions().save_message({}, "text", message); },
      .load =
          [&] {
            auto messages = database.sessions().load_messages({}, "text").items;
            database.sessions().delete_session({}, "text");
            database.make_session();
            return messages;
          },
      .not_compared = {"session_id"}});
}

TEST_CASE("bad texts in the parts of a message") {
  Database database;
  // Filled with every member, whatever a kind uses.
  heddle::Message base;
  for (const auto kind : {heddle::PartKind::text, heddle::PartKind::tool_call, heddle::PartKind::tool_result}) {
    base.parts.push_back(property::filled<heddle::Part>());
    base.parts.back().kind = kind;
  }
  try_all(Trip<heddle::Message>{
      .base = base,
      .save = [&](const heddle::Message& message) { database.sessions().save_message({}, "text", message); },
      .load =
          [&] {
            auto messages = database.sessions().load_messages({}, "text").items;
            for (heddle::Message& message : messages) {
              message.tool_calls.clear();
              message.tool_result.reset();
            }
            database.sessions().delete_session({}, "text");
            database.make_session();
            return messages;
          },
      // The parts replace the first two.
      .not_compared = {"content", "tool_use_id", "session_id"}});
}

TEST_CASE("bad texts in a tool execution") {
  Database database;
  try_all(Trip<heddle::ToolExecution>{
      .save =
          [&](const heddle::ToolExecution& execution) {
            database.sessions().save_tool_execution({}, "text", execution);
          },
      .load =
          [&] {
            auto executions = database.sessions().list_tool_executions({}, "text", {.limit = 10000}).items;
            database.sessions().delete_session({}, "text");
            database.make_session();
            return executions;
          },
      .not_compared = {"session_id"}});
}

TEST_CASE("bad texts in a snapshot") {
  Database database;
  Shelf<heddle::MemorySnapshot> shelf;
  int saved = 0;
  try_all(Trip<heddle::MemorySnapshot>{
      .save =
          [&](const heddle::MemorySnapshot& snapshot) {
            auto own = snapshot;
            if (own.id == "text") { own.id += std::to_string(++saved); }
            const std::string id = database.sessions().save_snapshot({}, own);
            for (auto& each :
                 database.sessions().load_snapshots({}, own.session_id, own.snapshot_type, {.limit = 10000}).items) {
              if (each.id != id) { continue; }
              if (own.id != snapshot.id || snapshot.id.empty()) { each.id = snapshot.id; }
              shelf.put(each);
            }
            // Short lists are quick to read.
            if (saved % 50 == 0) {
              database.sessions().delete_session({}, "text");
              database.make_session();
            }
          },
      .load = shelf.taker(),
      .particular = {"id", "session_id"},
      .further_errors = {ErrorCode::already_exists, ErrorCode::not_found}});
}

TEST_CASE("bad texts in a stored error") {
  Database database;
  Shelf<heddle::StoredError> shelf;
  try_all(Trip<heddle::StoredError>{.base =
                                        [] {
                                          auto error = property::filled<heddle::StoredError>();
                                          error.id.clear();
                                          error.raw_error = R"({"text":1})";
                                          return error;
                                        }(),
                                    .save =
                                        [&](const heddle::StoredError& error) {
                                          const std::string id = (*database).error_store().store({}, error);
                                          auto loaded = (*database).error_store().get({}, id);
                                          REQUIRE(loaded);
                                          if (error.id.empty()) { loaded->id.clear(); }
                                          if (error.short_summary.empty()) { loaded->short_summary.clear(); }
                                          if (loaded->raw_error != error.raw_error) {
                                            // Text that is not JSON is wrapped.
                                            rapidjson::Document wrapped;
                                            wrapped.Parse(loaded->raw_error.c_str());
                                            REQUIRE(wrapped.IsObject());
                                            // Bytes that are not text are beside it, in base64.
                                            if (wrapped.HasMember("bytes")) {
                                              CHECK(wrapped["bytes"].GetString() ==
                                                    heddle::detail::crypto::to_base64(error.raw_error));
                                              loaded->raw_error = error.raw_error;
                                            } else {
                                              const auto& message = wrapped["message"];
                                              loaded->raw_error.assign(message.GetString(), message.GetStringLength());
                                            }
                                          }
                                          shelf.put(loaded);
                                        },
                                    .load = shelf.taker(),
                                    .particular = {"id", "session_id"},
                                    .further_errors = {ErrorCode::already_exists, ErrorCode::not_found},
                                    .any_bytes = {"raw_error"}});
}

TEST_CASE("bad texts in an artifact") {
  Database database;
  Shelf<heddle::Artifact> shelf;
  try_all(Trip<heddle::Artifact>{.base =
                                     [] {
                                       auto artifact = property::filled<heddle::Artifact>();
                                       artifact.id.clear();
                                       return artifact;
                                     }(),
                                 .save =
                                     [&](const heddle::Artifact& artifact) {
                                       const std::string id = (*database).artifact_store().index({}, artifact);
                                       auto loaded = (*database).artifact_store().get({}, id);
                                       REQUIRE(loaded);
                                       if (artifact.id.empty()) { loaded->id.clear(); }
                                       if (const auto named = (*database).artifact_store().get_by_name(
                                               {}, artifact.name, artifact.session_id)) {
                                         CHECK(named->name == artifact.name);
                                       } else {
                                         FAIL_CHECK("not found by its name");
                                       }
                                       shelf.put(loaded);
                                     },
                                 .load = shelf.taker(),
                                 .particular = {"session_id", "tags[]", "path", "name", "content_type", "checksum"},
                                 .further_errors = {ErrorCode::not_found}});
}

TEST_CASE("bad texts in a request to a human") {
  Database database;
  Shelf<heddle::HumanRequest> shelf;
  auto& store = (*database).human_request_store();
  int stored = 0;
  try_all(Trip<heddle::HumanRequest>{.base =
                                         [] {
                                           auto request = property::filled<heddle::HumanRequest>();
                                           request.response.clear();
                                           request.responded_by.clear();
                                           request.responded_at.reset();
                                           return request;
                                         }(),
                                     .save =
                                         [&](const heddle::HumanRequest& request) {
                                           auto own = request;
                                           if (own.id == "text") { own.id += std::to_string(++stored); }
                                           auto loaded = store.get({}, store.store({}, own));
                                           REQUIRE(loaded);
                                           if (own.id != request.id || request.id.empty()) { loaded->id = request.id; }
                                           shelf.put(loaded);
                                         },
                                     .load = shelf.taker(),
                                     // A request that already has an answer is refused.
                                     .particular = {"id", "session_id", "response", "response_data", "responded_by"},
                                     .further_errors = {ErrorCode::already_exists, ErrorCode::not_found}});
}

TEST_CASE("bad texts in the answer of a human") {
  Database database;
  Shelf<heddle::HumanResponse> shelf;
  auto& store = (*database).human_request_store();
  try_all(Trip<heddle::HumanResponse>{.save =
                                          [&](const heddle::HumanResponse& response) {
                                            heddle::HumanRequest request;
                                            request.question = "?";
                                            const std::string id = store.store({}, request);
                                            const auto settled = store.respond({}, id, response);
                                            const auto loaded = store.get({}, id);
                                            REQUIRE(loaded);
                                            CHECK(loaded->response == settled.response);
                                            shelf.put(heddle::HumanResponse{loaded->status, loaded->response,
                                                                            loaded->response_data,
                                                                            loaded->responded_by});
                                          },
                                      .load = shelf.taker()});
}

TEST_CASE("bad texts in the columns and cells of a result") {
  Database database;
  Shelf<heddle::Table> shelf;
  auto& store = (*database).result_store();
  try_all(Trip<heddle::Table>{
      .base =
          [] {
            heddle::Table table;
            table.columns = {"one", "two"};
            table.rows = {{std::string("text"), std::int64_t{1}}, {heddle::Cell{}, std::string("text")}};
            return table;
          }(),
      .save =
          [&](const heddle::Table& table) {
            static_cast<void>(store.store({}, {.id = "result", .table = table}));
            const auto metadata = store.metadata({}, "result");
            REQUIRE(metadata);
            CHECK(metadata->columns == table.columns);
            CHECK(metadata->preview == table);
            shelf.put(store.query({}, "result", "SELECT * FROM result"));
          },
      .load = shelf.taker(),
      .particular = {"columns[]"},
      .further_errors = {ErrorCode::resource_exhausted}});
}

TEST_CASE("bad texts as the names of a result, in its metadata and as its SQL") {
  MESSAGE("seed " << property::seed());
  property::Generator random(property::seed());
  Database database;
  auto& store = (*database).result_store();
  heddle::Table table;
  table.columns = {"one"};
  table.rows = {{std::int64_t{1}}};
  int accepted = 0;
  for (std::int64_t number = 0; number < inputs; ++number) {
    const std::string text = random.nasty();
    const auto attempt = [&](const char* what, const heddle::NewResult& result) {
      try {
        const std::string id = store.store({}, result).id;
        std::string name = "\"";
        for (const char each : result.table_name) { name += each == '"' ? std::string("\"\"") : std::string(1, each); }
        CHECK(store.query({}, id, "SELECT * FROM " + name + "\"") == table);
        const auto metadata = store.metadata({}, id);
        REQUIRE(metadata);
        CHECK(metadata->table_name == result.table_name);
        CHECK((result.id.empty() || metadata->id == result.id));
        if (!property::is_clean(text)) { FAIL_CHECK(std::string(what) << " accepted: {" << text << "}"); }
        ++accepted;
      } catch (const heddle::Error& error) {
        if (error.code() != ErrorCode::invalid_argument) {
          FAIL_CHECK(std::string(what) << " {" << text << "}: " << std::string(heddle::to_string(error.code())) << ", "
                                       << std::string(error.what()));
        }
      }
    };
    attempt("id", {.id = text, .table = table});
    attempt("table name", {.id = "result", .table_name = text, .table = table});
    attempt("metadata", {.id = "result", .table = table, .metadata = {{text, text}}});
    try {
      static_cast<void>(store.store({}, {.id = "result", .table = table}));
      static_cast<void>(store.query({}, "result", random.one_in(2) ? text : "SELECT " + text + " FROM result"));
    } catch (const heddle::Error& error) {
      const auto code = error.code();
      if (code != ErrorCode::invalid_argument && code != ErrorCode::permission_denied &&
          code != ErrorCode::resource_exhausted) {
        FAIL_CHECK("SQL {" << text << "}: " << std::string(heddle::to_string(code)) << ", "
                           << std::string(error.what()));
      }
    }
  }
  CHECK(accepted > inputs / 4);
}
