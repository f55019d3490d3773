#include "heddle/sql/message_key.hpp"
#include "heddle/limits.hpp"
#include "heddle/sqlite/embedded_migrations.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace heddle;

TEST_CASE("the schema of SQLite packs message keys as the statements do") {
  const std::string schema(sqlite::embedded_migrations.front().up);
  CHECK(schema.find("CHECK (last_sequence < " + std::to_string(limits::sequence + 1) + ")") != std::string::npos);
  CHECK(schema.find("key BETWEEN " + sql::message_key::base("OLD.number") + " AND " +
                    sql::message_key::last("OLD.number") + ";") != std::string::npos);
}
