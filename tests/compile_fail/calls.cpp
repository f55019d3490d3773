// One mistake for each MISTAKE_ macro; without one the file compiles. Only declarations are parsed, see CMakeLists.txt.
#include "heddle/open.hpp"
#include "heddle/postgres/config.hpp"
#include "heddle/sqlite.hpp"

#include <chrono>
#include <string>
#include <vector>

using Database = heddle::Backend<heddle::Sqlite>;

heddle::Context ada();
Database& database();
heddle::AnyBackend& handle();

void context_is_missing() {
  auto& sessions = database().session_storage();
#ifdef MISTAKE_session_without_context
  sessions.save_session(heddle::Session{.id = "s"});
#elif defined MISTAKE_message_without_context
  sessions.save_message("s", {.content = "Hello"});
#elif defined MISTAKE_loading_without_context
  static_cast<void>(sessions.load_messages("s"));
#elif defined MISTAKE_handle_without_context
  handle().session_storage().save_message("s", {.content = "Hello"});
#elif defined MISTAKE_deletion_without_context
  sessions.delete_session("s");
#elif defined MISTAKE_user_as_text
  sessions.save_message("ada", "s", {.content = "Hello"});
#else
  sessions.save_session(ada(), {.id = "s"});
  sessions.save_message(ada(), "s", {.content = "Hello"});
  sessions.delete_session({}, "s");
#endif
}

void timeout() {
#ifdef MISTAKE_timeout_without_unit
  static_cast<void>(ada().with_timeout(5));
#else
  static_cast<void>(ada().with_timeout(std::chrono::seconds(5)));
#endif
}

void text_for_a_struct() {
  auto& sessions = database().session_storage();
#ifdef MISTAKE_text_for_message
  sessions.save_message(ada(), "s", "Hello");
#elif defined MISTAKE_text_for_message_of_handle
  handle().session_storage().save_message(ada(), "s", "Hello");
#elif defined MISTAKE_text_for_session
  sessions.save_session(ada(), "s");
#elif defined MISTAKE_text_for_search
  static_cast<void>(sessions.search_messages(ada(), "zurich"));
#elif defined MISTAKE_number_for_page
  static_cast<void>(sessions.load_messages(ada(), "s", 20));
#elif defined MISTAKE_one_message_for_several
  sessions.save_messages(ada(), "s", heddle::Message{.content = "Hello"});
#else
  static_cast<void>(sessions.search_messages(ada(), {.query = "zurich"}));
  static_cast<void>(sessions.load_messages(ada(), "s", {.limit = 20}));
  sessions.save_messages(ada(), "s", std::vector<heddle::Message>{{.content = "Hello"}});
#endif
}

void members() {
  auto& sessions = database().session_storage();
#ifdef MISTAKE_role_as_text
  sessions.save_message(ada(), "s", {.role = "user", .content = "Hello"});
#elif defined MISTAKE_name_of_content
  sessions.save_message(ada(), "s", {.role = heddle::Role::user, .text = "Hello"});
#elif defined MISTAKE_time_as_number
  sessions.save_message(ada(), "s", {.content = "Hello", .timestamp = 1700000000});
#elif defined MISTAKE_json_in_braces
  sessions.save_session(ada(), {.id = "s", .context = {{"city", "Paris"}}});
#elif defined MISTAKE_json_value_in_braces
  const heddle::ToolCall call{.id = "1", .name = "weather", .input = {{"city", "Paris"}, {"days", 3}}};
#elif defined MISTAKE_sequence_of_session
  sessions.save_session(ada(), {.id = "s"}, {.expected_sequence = 1});
#else
  sessions.save_message(ada(), "s", {.role = heddle::Role::user, .content = "Hello"}, {.expected_sequence = 1});
  sessions.save_session(ada(), {.id = "s", .context = R"({"city": "Paris"})"});
  const heddle::ToolCall call{.id = "1", .name = "weather", .input = R"({"city": "Paris"})"};
#endif
}

void visitors() {
  auto& sessions = database().session_storage();
#ifdef MISTAKE_visitor_of_text
  sessions.for_each_message(ada(), "s", [](const std::string& /*text*/) {});
#elif defined MISTAKE_visitor_that_counts
  sessions.for_each_message(ada(), "s", [](const heddle::Message& message) { return message.sequence; });
#else
  sessions.for_each_message(ada(), "s", [](const heddle::Message& /*message*/) {});
#endif
}

void making() {
#ifdef MISTAKE_path_for_config
  const Database backend("agents.db");
#elif defined MISTAKE_config_of_other_backend
  const Database backend(heddle::postgres::Config{.dsn = "host=db"});
#elif defined MISTAKE_text_for_open
  const heddle::AnyBackend backend = heddle::open("agents.db");
#else
  const Database backend({.path = "agents.db"});
  const heddle::AnyBackend other = heddle::open_json(R"({"sqlite": {"path": "agents.db"}})");
#endif
}

void copies() {
#ifdef MISTAKE_copy_of_backend
  const Database copy = database();
#elif defined MISTAKE_copy_of_store
  auto sessions = database().session_storage();
#elif defined MISTAKE_store_of_temporary
  auto& sessions = Database({.path = "agents.db"}).session_storage();
#elif defined MISTAKE_store_of_const_backend
  const Database& constant = database();
  constant.session_storage().delete_session(ada(), "s");
#elif defined MISTAKE_capability_of_const_backend
  const Database& constant = database();
  static_cast<void>(heddle::online_backup(constant));
#else
  static_cast<void>(heddle::online_backup(database()));
#endif
}

void handles() {
#ifdef MISTAKE_soft_deletion_of_handle
  handle().session_storage().soft_delete_session(ada(), "s");
#elif defined MISTAKE_backup_of_handle
  handle().back_up(ada(), "copy.db");
#elif defined MISTAKE_administration_of_handle
  static_cast<void>(handle().admin_storage().statistics(ada()));
#else
  if (auto deletion = heddle::soft_deletion(handle())) { deletion->soft_delete_session(ada(), "s"); }
#endif
}
