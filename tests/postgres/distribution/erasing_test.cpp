#include "conformance/transfers.hpp"
#include "heddle/erasure.hpp"
#include "postgres/distribution/divided_database.hpp"
#include "postgres/distribution/statement_texts.hpp"
#include "support/migrated_database.hpp"
#include "support/protocol_proxy.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace conformance;
using namespace heddle;

// What the snapshot of all statements has not: it is seen on its way to the server.

TEST_CASE("distribution: the plan of every statement of an import, an export and an erasure has the tenant's shard") {
  std::set<std::string> texts;
  {
    support::MigratedDatabase database;
    support::ProtocolProxy proxy(database.database().app_dsn());
    postgres::Config config = database.config();
    config.dsn = proxy.dsn(database.database().app_dsn());
    config.named_statements = true;
    Backend<Postgres> backend(config);
    fill(backend, alice);
    proxy.forget_traffic();
    const std::string stream = exported(backend, alice).bytes;
    import_user(backend, bob, stream, {.into_other_tenant = true});
    struct Enough {};
    const ImportOptions leave{.into_other_tenant = true, .on_progress = [](const ImportProgress&) { throw Enough(); }};
    for (const char* tenant : {"undone", "erased"}) {
      CHECK_THROWS_AS(import_user(backend, Context::for_user(tenant), stream, leave), Enough);
    }
    CHECK(abort_import(backend, Context::for_user("undone")));
    erase_user(backend, Context::for_user("erased"));
    erase_user(backend, alice);
    for (const auto& parsed : proxy.traffic().parsed) { texts.insert(parsed.text); }
  }
  distribution::DividedDatabase divided;
  int planned = 0;
  for (const std::string& text : texts) {
    if (!distribution::is_planned(text) || text.find("set_config") != std::string::npos) { continue; }
    CAPTURE(text);
    ++planned;
    distribution::Prepared prepared(divided.raw(), {"a statement", text});
    divided.raw().execute("BEGIN");
    prepared.plan("alice", "1", "true");
    // Not 0: what is never true needs no shard, but the planner locks all before it knows that.
    prepared.plan("alice", "2", "false");
    const auto others = divided.tables_across_shards("alice");
    const std::string first = others.empty() ? "" : others.front();
    CAPTURE(first);
    CHECK(others.empty());
    divided.raw().execute("ROLLBACK");
  }
  CHECK(planned > 100);
}
