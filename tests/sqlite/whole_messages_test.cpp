// What a file has of a message with parts, and what is read from a damaged one.
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using heddle::Part;
using support::code_of;

namespace {

/// A file with a session.
struct Filled {
  support::TemporaryFolder folder{};
  std::string path = (folder.path() / "heddle.db").string();
  heddle::Backend<heddle::Sqlite> backend{heddle::sqlite::Config{.path = path}};

  Filled() {
    backend.migrate();
    backend.session_storage().save_session({}, {.id = "s"});
  }
  std::vector<heddle::Message> load() { return backend.session_storage().load_messages({}, "s").items; }
};

}  // namespace

TEST_CASE("the texts, the calls and the first result of a message with parts are stored once") {
  Filled filled;
  const std::string large(100'000, 'x');
  const heddle::Message message{.parts = {Part::of_text(large), Part::of_tool_call({"c", "t", large, ""}),
                                          Part::of_tool_result("c", {.data = "\"" + large + "\""}),
                                          Part::of_text(large)}};
  filled.backend.session_storage().save_message({}, "s", message);
  CHECK(filled.load().front().parts == message.parts);
  support::RawDatabase raw(filled.path);
  CHECK(raw.integer("SELECT length(parts) FROM messages") < 200);
  CHECK(raw.integer("SELECT length(content) FROM messages") == 200'001);
}

TEST_CASE("parts that contradict the other columns of their message are data_loss") {
  Filled filled;
  const heddle::Message message{
      .parts = {Part::of_text("first"), Part::of_tool_call({"c", "t", "{}", ""}), Part::of_text("second")}};
  filled.backend.session_storage().save_message({}, "s", message);
  const auto damaged = [&](const std::string& assignment) {
    support::RawDatabase raw(filled.path);
    raw.execute("CREATE TABLE kept AS SELECT * FROM messages; UPDATE messages SET " + assignment);
    const auto code = code_of([&] { static_cast<void>(filled.load()); });
    raw.execute(
        "UPDATE messages SET (content, tool_calls, parts) = (SELECT content, tool_calls, parts FROM kept); "
        "DROP TABLE kept");
    CHECK(filled.load().front().parts == message.parts);
    return code == heddle::ErrorCode::data_loss;
  };
  CHECK(damaged("content = 'first'"));
  CHECK(damaged("content = 'first second'"));
  CHECK(damaged("content = content || 'x'"));
  CHECK(damaged("tool_calls = NULL"));
  CHECK(damaged("tool_calls = json_insert(tool_calls, '$[1]', json_extract(tool_calls, '$[0]'))"));
  CHECK(damaged("parts = '[{\"text\":\"99\"}]'"));
  CHECK(damaged("parts = '[{\"text\":\"-1\"}]'"));
  CHECK(damaged("parts = '[{\"text\":\"\"}]'"));
  CHECK(damaged("parts = '[{\"kind\":\"unheard\"}]'"));
  CHECK(damaged("parts = '[{]'"));
  CHECK(damaged("parts = '{}'"));
}
