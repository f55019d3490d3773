#include "heddle/capabilities.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace heddle;
using namespace std::chrono_literals;

TEST_CASE("retention: what fails for one tenant keeps no other from its turn") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  Backend<Sqlite> backend({.path = path, .administer_tenants = true});
  backend.migrate();
  for (const char* const user : {"ada", "bob"}) {
    const Context context = Context::for_user(user);
    backend.session_storage().save_session(context, {.id = "s"});
    backend.human_request_store().store(
        context, {.id = "late", .session_id = "s", .question = "?", .timeout_ms = 1ms, .created_at = now() - 24h});
  }
  support::RawDatabase raw(path);
  raw.execute(
      "CREATE TRIGGER stuck BEFORE UPDATE ON human_requests WHEN OLD.user_id = 'ada' "
      "BEGIN SELECT RAISE(ABORT, 'stuck'); END");
  const Error error =
      support::error_of([&] { retention(backend)->apply_retention({}, {.requests = {.max_age = 12h}}); });
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(raw.text("SELECT group_concat(user_id) FROM human_requests") == "ada");
}
