#include "postgres/distribution/departures.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace distribution;
using support::RawPostgres;

namespace {

const std::string of_schema = " = 'public'::regnamespace";

/// What an engine that divides tables by user_id demands of the schema and has no remedy, and how to ask the catalogue
/// for what does not have it.
const std::vector<std::pair<std::string, std::string>> demands{
    // Rows of one tenant are on one node in all tables only if all hash the same type in the same way.
    {"user_id is another type, or can be null",
     "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' "
     "WHERE c.relnamespace" +
         of_schema +
         " AND c.relkind IN ('r', 'p') AND NOT (a.attnotnull AND a.atttypid = 'text'::regtype AND a.attcollation = "
         "'pg_catalog.\"C\"'::regcollation)"},
    {"a primary or unique key has no user_id",
     "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
     "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' WHERE c.relnamespace" +
         of_schema + " AND i.indisunique AND NOT a.attnum = ANY (i.indkey)"},
    {"a table has no primary key",
     "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' "
     "WHERE c.relnamespace" +
         of_schema +
         " AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND "
         "i.indisprimary)"},
    {"a foreign key does not lead from user_id to user_id",
     "SELECT k.conname FROM pg_constraint k WHERE k.connamespace" + of_schema +
         " AND k.contype = 'f' AND NOT EXISTS (SELECT FROM unnest(k.conkey, k.confkey) p (one, other) "
         "JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.one AND a.attname = 'user_id' "
         "JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = p.other AND b.attname = 'user_id')"},
    {"an exclusion constraint compares rows of all nodes",
     "SELECT conname FROM pg_constraint WHERE connamespace" + of_schema + " AND contype = 'x'"},
    // A node gives numbers of a range of its own: 2^48 for each.
    {"the numbers of a sequence are too few to be divided among nodes",
     "SELECT seqrelid::regclass::text FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid WHERE c.relnamespace" +
         of_schema + " AND NOT (seqtypid = 'bigint'::regtype AND seqincrement = 1 AND NOT seqcycle)"},
    {"a column with such a number has fewer bits",
     "SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
     "LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE c.relnamespace" +
         of_schema +
         " AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval%') AND a.atttypid <> "
         "'bigint'::regtype"},
    {"a policy asks other tables",
     "SELECT tablename || '.' || policyname FROM pg_policies WHERE schemaname = 'public' AND "
     "coalesce(qual, '') || coalesce(with_check, '') LIKE '%SELECT%'"},
    {"a view or a foreign table is not divided",
     "SELECT relname FROM pg_class WHERE relnamespace" + of_schema + " AND relkind IN ('v', 'm', 'f')"}};

/// Returns what no remedy helps: one line for each.
std::string unmet(RawPostgres& raw) {
  std::string all;
  for (const auto& demand : demands) {
    for (const std::string& name : raw.texts(demand.second)) { all += name + ": " + demand.first + "\n"; }
  }
  return all;
}

const std::vector<std::string> kinds{"table without user_id", "foreign key that sets null", "trigger"};

Departures found_in(RawPostgres& raw) {
  const auto names = [&raw](const std::string& sql) {
    const std::vector<std::string> all = raw.texts(sql);
    return Names(all.begin(), all.end());
  };
  return {{"table without user_id", names("SELECT c.relname FROM pg_class c WHERE c.relnamespace" + of_schema +
                                          " AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_attribute a "
                                          "WHERE a.attrelid = c.oid AND a.attname = 'user_id')")},
          {"foreign key that sets null", names("SELECT conname FROM pg_constraint WHERE connamespace" + of_schema +
                                               " AND contype = 'f' AND (confdeltype IN ('n', 'd') OR confupdtype IN "
                                               "('n', 'd', 'c'))")},
          {"trigger", names("SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                            "WHERE c.relnamespace" +
                            of_schema + " AND NOT tgisinternal")}};
}

}  // namespace

TEST_CASE("distribution: every table, key and sequence can be divided by user_id, but for what is listed") {
  support::MigratedDatabase database;
  RawPostgres raw(database.database().superuser_dsn());
  CHECK(unmet(raw) == "");
  check_listed(kinds, found_in(raw));
}

TEST_CASE("distribution: what cannot be divided by user_id is found") {
  support::MigratedDatabase database;
  RawPostgres raw(database.database().superuser_dsn());
  const std::string user = "user_id text COLLATE \"C\" NOT NULL";
  const std::vector<std::pair<std::string, std::string>> changes{
      {"CREATE TABLE astray (user_id text NOT NULL PRIMARY KEY)", "astray: user_id is another type"},
      {"CREATE TABLE astray (user_id text COLLATE \"C\")", "astray: user_id is another type"},
      {"CREATE TABLE astray (" + user + ", id text PRIMARY KEY)", "astray_pkey: a primary or unique key"},
      {"CREATE TABLE astray (" + user + ", id text UNIQUE)", "astray_id_key: a primary or unique key"},
      {"CREATE UNIQUE INDEX astray ON messages (branch_number, sequence)", "astray: a primary or unique key"},
      {"CREATE TABLE astray (" + user + ")", "astray: a table has no primary key"},
      {"CREATE TABLE astray (" + user + " PRIMARY KEY, n bigint REFERENCES alone)",
       "astray_n_fkey: a foreign key does not lead"},
      {"CREATE TABLE astray (" + user +
           ", id text COLLATE \"C\", PRIMARY KEY (user_id, id), "
           "FOREIGN KEY (id, user_id) REFERENCES sessions (user_id, id))",
       "astray_id_user_id_fkey: a foreign key does not lead"},
      {"ALTER TABLE messages ADD CONSTRAINT astray EXCLUDE (content WITH =)", "astray: an exclusion constraint"},
      {"CREATE SEQUENCE astray AS integer", "astray: the numbers of a sequence are too few"},
      {"CREATE SEQUENCE astray CYCLE", "astray: the numbers of a sequence are too few"},
      {"ALTER TABLE messages ADD COLUMN astray integer GENERATED ALWAYS AS IDENTITY", "messages.astray: a column"},
      {"CREATE POLICY astray ON messages USING (EXISTS (SELECT FROM sessions))", "messages.astray: a policy asks"},
      {"CREATE VIEW astray AS SELECT 1", "astray: a view"}};
  for (const auto& change : changes) {
    raw.execute("BEGIN; CREATE TABLE alone (n bigint PRIMARY KEY)");
    raw.execute(change.first);
    CHECK_MESSAGE(("\n" + unmet(raw)).find("\n" + change.second) != std::string::npos, change.first, ": ", unmet(raw));
    raw.execute("ROLLBACK");
  }
  raw.execute("BEGIN; CREATE TABLE alone (n bigint PRIMARY KEY); CREATE TABLE astray (" + user +
              ", id text COLLATE \"C\", PRIMARY KEY (user_id, id), CONSTRAINT empties FOREIGN KEY (user_id, id) "
              "REFERENCES sessions (user_id, id) ON DELETE SET NULL); CREATE TRIGGER fires BEFORE INSERT ON astray FOR "
              "EACH ROW EXECUTE FUNCTION heddle_end_fold()");
  Departures found = found_in(raw);
  CHECK(found["table without user_id"].count("alone") == 1);
  CHECK(found["foreign key that sets null"].count("empties") == 1);
  CHECK(found["trigger"].count("fires") == 1);
  raw.execute("ROLLBACK");
}
