#pragma once

#include "conformance/migration_places.hpp"
#include "conformance/sample.hpp"
#include "heddle/model/message.hpp"
#include "support/program.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The command `heddle`, as a program on a database of its own.
namespace command_test {

using Storage = conformance::EmptyPlace::Storage;
using support::Output;

class Place {
 public:
  /// Runs `heddle` on the database.
  [[nodiscard]] Output run(std::vector<std::string> arguments, std::string_view input = {}) const {
    return program_.run(on_database(std::move(arguments)), input);
  }
  /// The same for the tenant alice.
  [[nodiscard]] Output as_alice(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--user", "alice"});
    return run(std::move(arguments));
  }
  [[nodiscard]] const support::Program& program() const { return program_; }
  [[nodiscard]] std::vector<std::string> on_database(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--database", database()});
    return arguments;
  }

  /// Migrates the database, and stores a conversation of alice and one of bob.
  void fill() {
    using namespace heddle;
    Storage storage(database_.config());
    storage.migrate();
    auto& sessions = storage.session_storage();
    sessions.save_session(conformance::alice, {.id = "s1", .name = "Refund", .agent_id = "helper"});
    ToolResult result{.success = true, .data = {R"({"orders": 3})"}};
    sessions.save_turn(conformance::alice, "s1",
                       {{{.content = "Refund my order\x1B[31m, please"},
                         {.role = Role::assistant,
                          .tool_calls = {{.id = "c1", .name = "list_orders", .input = {R"({"customer": "alice"})"}}}},
                         {.role = Role::tool, .tool_use_id = "c1", .tool_result = result},
                         {.role = Role::assistant, .content = "It is refunded."}},
                        {}});
    storage.artifact_store().put(conformance::alice, {.id = "a1", .name = "report.txt", .session_id = "s1"},
                                 std::string_view("the content of a report"));
    conformance::add_session(storage, conformance::bob, "s2");
  }

  [[nodiscard]] conformance::EmptyPlace& database_place() { return database_; }
  [[nodiscard]] std::filesystem::path file(const char* name) const { return folder_.path() / name; }

  /// The name of the database on the command line.
  [[nodiscard]] std::string database() const {
#ifdef HEDDLE_CONFORMANCE_POSTGRES
    return database_.config().dsn;
#else
    return database_.config().path;
#endif
  }

 private:
  [[nodiscard]] std::string admin() const {
#ifdef HEDDLE_CONFORMANCE_POSTGRES
    return database_.config().migration_dsn;
#else
    return "";
#endif
  }

  conformance::EmptyPlace database_;
  support::TemporaryFolder folder_;
  support::Program program_{HEDDLE_TEST_COMMAND,
                            {{"LOOM_PG_ADMIN_DSN", admin()},
                             {"LOOM_PG_MIGRATION_DSN", ""},
                             {"LOOM_PG_DSN", ""},
                             // Never a database of the one who runs the tests.
                             {"HEDDLE_DATABASE", ""},
                             {"HEDDLE_TARGET", ""},
                             {"HEDDLE_TARGET_ADMIN", ""},
                             {"HEDDLE_SOURCE", ""},
                             {"LOOM_DATA_DIR", folder_.path().string()}}};
};

/// Returns true if a text contains a part.
inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace command_test
