#include "conformance/transfers.hpp"
#include "postgres/outages/cut_in_turn.hpp"
#include "postgres/outages/cuts.hpp"
#include "postgres/proxied_backend.hpp"
#include "postgres/round_trips.hpp"
#include "support/long_run.hpp"
#include "support/tenant_digest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::digest_of;
using support::ProxiedBackend;

// What exports, imports and their abortions send to the server: how often, and what becomes of them where the
// connection is cut.

namespace {

/// Fills a tenant with more records than one batch of an import has, and returns its stream.
template <class Backend>
Exported stream_of_batches(Backend& backend, const Context& context) {
  fill(backend, context);
  add_session(backend, context, "long");
  backend.session_storage().save_messages(context, "long", std::vector(600, says("in a long session")));
  return exported(backend, context);
}

ImportOptions into_any(ImportObserver observer = {}) {
  return {.into_other_tenant = true, .artifact_quota = true, .on_progress = std::move(observer)};
}

/// What an observer throws.
struct Enough {};

/// Leaves an import of which one batch is stored.
template <class Backend>
void begin_import(Backend& backend, const Context& tenant, const std::string& stream) {
  const auto leave = [](const ImportProgress& /*progress*/) { throw Enough(); };
  CHECK_THROWS_AS(import_user(backend, tenant, stream, into_any(leave)), Enough);
}

}  // namespace

TEST_CASE("postgres faults: an import whose connection is cut goes on or is undone, and nothing is lost or doubled") {
  ProxiedBackend here(1);
  Backend<Postgres> direct(here.direct_config());
  const Exported stream = stream_of_batches(direct, alice);
  fill(direct, bob);
  const std::string of_bob = exported(direct, bob).bytes;
  const std::string& expected = stream.report.records_checksum;
  int resumed = 0;
  int anew = 0;
  int undone = 0;
  int whole = 0;
  int doubts = 0;
  int failures = 0;
  const auto nothing = [](const Context& /*tenant*/) {};
  const auto import = [&](const Context& tenant) { import_user(*here, tenant, stream.bytes, into_any()); };
  const int cuts =
      cuts::cut_in_turn(here, here.proxy(), static_cast<int>(support::size_of_run(401, 7)), nothing, import,
                        [&](const Context& tenant, const cuts::Fate& fate) {
                          doubts += fate.in_doubt ? 1 : 0;
                          const bool is_shown = !direct.session_storage().list_sessions(tenant).items.empty();
                          if (is_shown) {
                            // Not a part of it is seen, and only if the answer was lost is it more than was
                            // said.
                            CHECK((fate.acknowledged || fate.in_doubt));
                            ++whole;
                          } else {
                            CHECK_FALSE(fate.acknowledged);
                            if (++failures % 2 == 0) {
                              undone += abort_import(direct, tenant) ? 1 : 0;
                              // The quota stays.
                              CHECK(exported(direct, tenant).report.records <= 1);
                            }
                            ++(import_user(direct, tenant, stream.bytes, into_any()).resumed ? resumed : anew);
                          }
                          CHECK(digest_of(direct, tenant) == expected);
                          CHECK(!abort_import(direct, tenant));
                        });
  MESSAGE("cut: " << cuts << ", whole: " << whole << ", resumed: " << resumed << ", anew: " << anew
                  << ", undone: " << undone << ", in doubt: " << doubts);
  CHECK(cuts > 15);
  CHECK(whole >= 4);
  CHECK(resumed > 0);
  CHECK(undone > 0);
  CHECK(doubts > 0);
  CHECK(exported(direct, bob).bytes == of_bob);
  CHECK(digest_of(direct, alice) == expected);
}

TEST_CASE("postgres faults: an abortion of an import whose connection is cut ends when it is repeated") {
  ProxiedBackend here(1);
  Backend<Postgres> direct(here.direct_config());
  const Exported stream = stream_of_batches(direct, alice);
  fill(direct, bob);
  const std::string of_bob = exported(direct, bob).bytes;
  int left = 0;
  int ended = 0;
  const auto begin = [&](const Context& tenant) { begin_import(direct, tenant, stream.bytes); };
  const auto abort = [&](const Context& tenant) { abort_import(*here, tenant); };
  const int cuts = cuts::cut_in_turn(here, here.proxy(), static_cast<int>(support::size_of_run(17, 1)), begin, abort,
                                     [&](const Context& tenant, const cuts::Fate& fate) {
                                       const bool was_left = abort_import(direct, tenant);
                                       CHECK((!was_left || !fate.acknowledged));
                                       ++(was_left ? left : ended);
                                       CHECK(!abort_import(direct, tenant));
                                       CHECK(direct.session_storage().list_sessions(tenant).items.empty());
                                       CHECK(exported(direct, tenant).report.records <= 1);
                                       CHECK(direct.artifact_store().content_usage(tenant).stored_bytes == 0);
                                       CHECK(!import_user(direct, tenant, stream.bytes, into_any()).resumed);
                                       CHECK(digest_of(direct, tenant) == stream.report.records_checksum);
                                     });
  MESSAGE("cut: " << cuts << ", ended: " << ended << ", left: " << left);
  CHECK(cuts > 10);
  CHECK(left > 0);
  CHECK(ended >= 4);
  CHECK(exported(direct, bob).bytes == of_bob);
}

TEST_CASE("exports, imports and their abortions make some round trips for each batch, and none for each record") {
  ProxiedBackend here(1);
  Backend<Postgres> direct(here.direct_config());
  struct Trips {
    int of_export = 0;
    int of_import = 0;
    int of_abortion = 0;
    int batches = 0;
  };
  int copies = 0;
  const auto trips_of = [&](const Context& tenant) {
    Trips result;
    Exported stream;
    result.of_export = support::round_trips(here.proxy(), [&] { stream = exported(*here, tenant); });
    const auto copy_of = [&](const char* name) {
      return Context::for_user(std::string(name) + std::to_string(++copies) + " of " + tenant.user_id);
    };
    const auto count = [&](const ImportProgress& /*progress*/) { ++result.batches; };
    const Context whole = copy_of("copy ");
    result.of_import =
        support::round_trips(here.proxy(), [&] { import_user(*here, whole, stream.bytes, into_any(count)); });
    CHECK(digest_of(direct, whole) == stream.report.records_checksum);
    const Context half = copy_of("half ");
    begin_import(direct, half, stream.bytes);
    result.of_abortion = support::round_trips(here.proxy(), [&] { CHECK(abort_import(*here, half)); });
    return result;
  };
  const auto with_sessions = [&](int sessions, int messages) {
    return tenant_with_sessions(direct, sessions, messages);
  };
  // Prepares the statements.
  trips_of(with_sessions(1, 1));
  fill(direct, alice);
  const Trips of_all_types = trips_of(alice);
  const Trips few = trips_of(with_sessions(2, 3));
  const Trips more = trips_of(with_sessions(40, 5));
  const Trips many = trips_of(with_sessions(1, 2500));
  const Trips sessions = trips_of(with_sessions(120, 1));
  // An export reads all tables in one, and looks before whether an import has not ended. An import makes four, and one
  // for each batch of 500 records.
  for (const Trips& each : {of_all_types, few, more, many, sessions}) {
    CHECK(each.of_export == 2);
    CHECK(each.of_import == 4 + each.batches);
  }
  CHECK(few.batches == 1);
  CHECK(more.batches == 1);
  CHECK(many.batches == 6);
  // An abortion makes one for each 50 sessions or artifacts, and one each that finds no more.
  CHECK(few.of_abortion == 6);
  CHECK(more.of_abortion == 6);
  CHECK(many.of_abortion == 6);
  CHECK(sessions.of_abortion == 8);
  CHECK(of_all_types.of_abortion == 7);
}
