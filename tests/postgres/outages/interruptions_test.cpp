#include "heddle/postgres/libpq/error_mapping.hpp"
#include "postgres/outages/holder.hpp"
#include "postgres/proxied_backend.hpp"
#include "support/error_text.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

/// Statements that the server, or its operator, ends: the error says that, and only the caller's own deadline and stop
/// token are reported as the caller's.
namespace {

using namespace std::chrono_literals;
using heddle::Context;
using heddle::Error;
using heddle::ErrorCode;
using outages::Holder;
using support::error_of;
using support::ProxiedBackend;
using support::saying;
using support::says;

/// Gives the server's role a setting in this database, for connections that are opened from now on.
void set_for_role(ProxiedBackend& here, const std::string& setting) {
  here.server().execute("ALTER ROLE heddle_app IN DATABASE " + here.migrated().database().name() + " SET " + setting);
  here.cut_all_and_wait();
}

/// Calls `signal(pid)` of the server with the process that waits for a lock, as soon as there is one.
void signal_waiting(ProxiedBackend& here, const std::string& function) {
  const std::string waiting = "SELECT pid FROM pg_stat_activity WHERE usename = 'heddle_app' AND datname = '" +
                              here.migrated().database().name() + "' AND wait_event_type = 'Lock'";
  std::string process;
  while ((process = here.server().text(waiting)).empty()) { std::this_thread::sleep_for(1ms); }
  static_cast<void>(here.server().text("SELECT " + function + "(" + process + ")"));
}

Error error_of_save(ProxiedBackend& here, const Context& context = {}) {
  return error_of([&] { here.store().save_message(context, "session", saying("never")); });
}

void check_interrupted(const Error& error, std::string_view words) {
  INFO(std::string(error.what()));
  CHECK(error.code() == ErrorCode::unavailable);
  CHECK(error.retryable());
  CHECK_FALSE(error.in_doubt());
  CHECK(says(error, words));
}

}  // namespace

TEST_CASE("postgres interruptions: a time limit of the role is not the caller's cancel") {
  ProxiedBackend here(1);
  const Holder holder(here);
  SUBCASE("statement_timeout") {
    set_for_role(here, "statement_timeout = 1000");
    check_interrupted(error_of_save(here), "statement timeout");
    std::stop_source never;
    check_interrupted(error_of_save(here, Context{}.with_stop(never.get_token())), "statement timeout");
  }
  SUBCASE("lock_timeout") {
    set_for_role(here, "lock_timeout = 200");
    check_interrupted(error_of_save(here), "lock timeout");
  }
  SUBCASE("with a deadline, its time is the limit") {
    set_for_role(here, "statement_timeout = 100000");
    CHECK(error_of_save(here, Context{}.with_timeout(200ms)).code() == ErrorCode::deadline_exceeded);
  }
  CHECK(here.count("never") == 0);
}

TEST_CASE("postgres interruptions: an operator's cancel is not the caller's") {
  ProxiedBackend here(1);
  std::stop_source never;
  for (const Context& context : {Context{}, Context{}.with_timeout(1min), Context{}.with_stop(never.get_token())}) {
    const Holder holder(here);
    auto cancelled = std::async(std::launch::async, [&] { return error_of_save(here, context); });
    signal_waiting(here, "pg_cancel_backend");
    check_interrupted(cancelled.get(), "user request");
    auto ended = std::async(std::launch::async, [&] { return error_of_save(here, context); });
    signal_waiting(here, "pg_terminate_backend");
    check_interrupted(ended.get(), "administrator command");
  }
  CHECK(here.count("never") == 0);
}

TEST_CASE("postgres interruptions: the states by which a server ends a session or a transaction are temporary") {
  using heddle::postgres::libpq::meaning_of;
  for (const std::string_view state :
       {"25P03", "25P04", "40001", "40P01", "55P03", "57014", "57P01", "57P05", "08006"}) {
    CAPTURE(state);
    CHECK(meaning_of(state).code == ErrorCode::unavailable);
  }
}

TEST_CASE("postgres interruptions: a full disk is named") {
  ProxiedBackend here(1);
  here.server().execute(
      "CREATE FUNCTION fill_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file "
      "\"base/1/2\": No space left on device' USING ERRCODE = '53100'; END $$");
  here.server().execute(
      "CREATE TRIGGER out_of_space BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION fill_disk()");
  const Error error = error_of_save(here);
  CHECK(error.code() == ErrorCode::resource_exhausted);
  CHECK_FALSE(error.retryable());
  CHECK(error.native_code() == "53100");
  CHECK(says(error, "disk"));
  CHECK(says(error, "base/1/2"));
}

TEST_CASE("postgres interruptions: a role or a server that is read-only refuses for good") {
  ProxiedBackend here(1);
  set_for_role(here, "default_transaction_read_only = on");
  const Error error = error_of_save(here);
  INFO(std::string(error.what()));
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK_FALSE(error.retryable());
  CHECK(error.native_code() == "25006");
  CHECK(says(error, "default_transaction_read_only"));
  CHECK(here.store().load_messages({}, "session").items.empty());
}
