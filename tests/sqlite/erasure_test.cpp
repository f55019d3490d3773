#include "heddle/erasure.hpp"

#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"
#include "support/tenant_digest.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace heddle;
using support::code_of;
using support::digest_of;

// What an erasure leaves in the files of a database and in its folder of artifacts: nothing of the tenant.

namespace {

using Names = std::vector<std::string>;

const std::string canary = "zanzibar7788";
const Context tenant = Context::for_user("user of " + canary);
const Context other = Context::for_user("bob");

struct Place {
  explicit Place(sqlite::Config settings = {}) : config(std::move(settings)) {
    config.path = (folder.path() / "heddle.db").string();
  }

  /// Returns what has the canary below the folder, in its name or its bytes.
  [[nodiscard]] Names with_canary() const {
    Names found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
      std::string text = entry.path().filename().string();
      if (entry.is_regular_file()) {
        std::ifstream stream(entry.path(), std::ios::binary);
        text.append(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
      }
      if (text.find(canary) != std::string::npos) { found.push_back(entry.path().filename().string()); }
    }
    return found;
  }

  support::TemporaryFolder folder;
  sqlite::Config config;
};

/// Stores the canary wherever a tenant can have text, and removes or replaces some of it again.
template <class B>
void fill(B& backend) {
  auto& store = backend.session_storage();
  const std::string text = "before " + canary + " behind";
  const std::string id = "id of " + canary;
  for (const std::string& session : {id, std::string("removed")}) {
    store.save_session(tenant, {.id = session, .name = text, .agent_id = text, .context = R"({"a": ")" + text + "\"}"});
    for (int number = 0; number < 100; ++number) {
      store.save_message(tenant, session, {.content = canary + "x" + std::to_string(number) + std::string(300, '.')});
    }
    Message call{.role = Role::assistant, .content = text + std::string(20'000, ' ') + text};
    call.tool_calls = {{.id = text, .name = text, .input = {"{\"a\": \"" + text + "\"}"}}};
    store.save_turn(tenant, session, {{call}, {{.tool_name = text, .error = text}}},
                    {.idempotency_key = canary + session});
    store.save_snapshot(tenant, {.session_id = session, .content = text});
    store.fold_messages(tenant, session, {1, 9}, {.content = text});
    backend.error_store().store(tenant, {.session_id = session, .raw_error = text});
    backend.artifact_store().index(tenant, {.name = text, .purpose = text, .session_id = session});
    backend.artifact_store().put(tenant, {.id = canary + session, .name = text, .session_id = session},
                                 std::string(10'000, 'x') + text);
    backend.human_request_store().store(tenant, {.session_id = session, .question = text});
    backend.result_store().store(tenant, {.table = {{"a"}, {{text}}}});
  }
  auto stream = backend.stream_store().begin(tenant, id, {.role = Role::assistant});
  backend.stream_store().append(tenant, stream, text);
  store.fork_session(tenant, id, 50, {.id = "fork", .name = text});
  store.rewind_session(tenant, "fork", 20);
  // In free pages, in free parts of pages, and in the log.
  store.update_session(tenant, id, {.name = "another"});
  backend.artifact_store().put(tenant, {.id = canary + id, .name = "another"}, "replaced");
  store.delete_session(tenant, "removed");
  std::filesystem::create_directories(backend.artifact_store().folder(tenant, ArtifactFolder::user));
  std::ofstream(backend.artifact_store().folder(tenant, ArtifactFolder::user) / "own.txt") << text;
}

template <class B>
void fill_other(B& backend) {
  auto& store = backend.session_storage();
  store.save_session(other, {.id = "kept"});
  for (int number = 0; number < 50; ++number) {
    store.save_message(other, "kept", {.content = "other words " + std::to_string(number)});
  }
  backend.artifact_store().put(other, {.id = "a", .name = "kept"}, "kept content");
}

}  // namespace

TEST_CASE("nothing of an erased tenant is left in the database, its log, its free parts, the index and the artifacts") {
  for (const bool wal : {true, false}) {
    for (const ArtifactContent content : {ArtifactContent::files, ArtifactContent::database}) {
      CAPTURE(wal);
      const Place place({.wal = wal, .artifact_content = content});
      Backend<Sqlite> backend(place.config);
      backend.migrate();
      fill_other(backend);
      fill(backend);
      const std::string of_other = digest_of(backend, other);
      CHECK(place.with_canary().size() > 2);

      const ErasureReceipt receipt = erase_user(backend, tenant, {.idempotency_key = "request about " + canary});
      CHECK(place.with_canary() == Names{});
      CHECK(receipt.awaits_vacuum.empty());
      CHECK(receipt.files >= 1);
      CHECK(receipt.bytes > 0);
      CHECK_FALSE(backend.details().owed->erasure);

      CHECK(digest_of(backend, other) == of_other);
      CHECK(backend.session_storage().search_messages(other, {.query = "words"}).items.size() > 0);
      CHECK(backend.artifact_store().verify(other, "a") == ContentState::intact);
      CHECK(support::RawDatabase(place.config.path).text("PRAGMA integrity_check") == "ok");
      CHECK(erase_user(backend, tenant, {.idempotency_key = "request about " + canary}) == receipt);
      backend.close();
      CHECK(place.with_canary() == Names{});
    }
  }
}

TEST_CASE("a file that was only written with secure_delete need not be written anew") {
  const Place place({.secure_delete = true});
  Backend<Sqlite> backend(place.config);
  backend.migrate();
  fill_other(backend);
  fill(backend);
  erase_user(backend, tenant, {.rewrite_file = false});
  CHECK(place.with_canary() == Names{});
}

TEST_CASE("without writing the file anew, what was removed before the erasure can be left in it, and nothing else") {
  const Place place;
  Backend<Sqlite> backend(place.config);
  backend.migrate();
  fill_other(backend);
  backend.session_storage().save_session(tenant, {.id = "s", .name = canary});
  for (int number = 0; number < 100; ++number) {
    backend.session_storage().save_message(tenant, "s", {.content = canary + std::string(5000, '.')});
  }
  erase_user(backend, tenant, {.rewrite_file = false});
  CHECK(place.with_canary() == Names{});
}

TEST_CASE("a receipt is not returned while a read keeps the log") {
  const Place place;
  Backend<Sqlite> backend(place.config);
  backend.migrate();
  fill_other(backend);
  fill(backend);
  auto& store = backend.session_storage();
  store.for_each_message(other, "kept", [&](const Message& message) {
    if (message.sequence == 1) {
      CHECK(code_of([&] { erase_user(backend, tenant, {.idempotency_key = "k"}); }) == ErrorCode::unavailable);
    }
    return false;
  });
  // The rows are gone, and the tenant is open again.
  store.save_session(tenant, {.id = "new"});
  const ErasureReceipt receipt = erase_user(backend, tenant, {.idempotency_key = "k"});
  CHECK(receipt.counts.at("sessions") == 2);
  CHECK(store.load_session(tenant, "new").has_value());
  CHECK(receipt == erase_user(backend, tenant, {.idempotency_key = "k"}));
}

TEST_CASE("an erasure needs the folder in which contents lie, and an index that it knows") {
  const Place place({.artifact_content = ArtifactContent::files});
  {
    Backend<Sqlite> backend(place.config);
    backend.migrate();
    fill(backend);
    while (backend.details().owed->unindexed_messages != 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  support::RawDatabase(place.config.path).execute("UPDATE search_state SET analysis = analysis + 1000");
  {
    Backend<Sqlite> backend(place.config);
    CHECK(code_of([&] { erase_user(backend, tenant, {.idempotency_key = "k"}); }) == ErrorCode::failed_precondition);
  }
  support::RawDatabase(place.config.path).execute("UPDATE search_state SET analysis = analysis - 1000");
  Backend<Sqlite> backend(place.config);
  CHECK(erase_user(backend, tenant, {.idempotency_key = "k"}).counts.at("sessions") == 2);
  CHECK(place.with_canary() == Names{});
}
