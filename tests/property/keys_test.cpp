#include "heddle/sqlite.hpp"
#include "property/generator.hpp"
#include "support/long_run.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// Bad texts as values that decide what a call can access: users, ids, keys, arguments and cursors.
namespace {

using heddle::Context;
using heddle::ErrorCode;
using heddle::PageRequest;

const std::int64_t inputs = support::size_of_run(100, 1000);

heddle::Session session_of(const std::string& id) {
  heddle::Session session;
  session.id = id;
  return session;
}

/// Calls `action`; returns false if it throws `invalid_argument`. Any other exception fails the test.
template <class Action>
bool accepts(const std::string& text, Action&& action) {
  try {
    action();
    return true;
  } catch (const heddle::Error& error) {
    if (error.code() != ErrorCode::invalid_argument) {
      FAIL_CHECK("{" << text << "}: " << std::string(heddle::to_string(error.code())) << ", "
                     << std::string(error.what()));
    }
    return false;
  }
}

bool is_id(const std::string& text) { return !text.empty() && text.size() <= 255 && property::is_clean(text); }

/// A backend with files next to it that no id may reach.
class Guarded {
 public:
  Guarded() {
    for (const auto& file : sentinels()) {
      std::filesystem::create_directories(file.parent_path());
      std::ofstream(file) << "precious";
    }
    backend_.migrate();
  }

  auto& store() noexcept { return backend_.session_storage(); }
  auto& operator*() noexcept { return backend_; }

  [[nodiscard]] bool is_untouched() const {
    const auto files = sentinels();
    return std::all_of(files.begin(), files.end(), [](const auto& file) { return std::filesystem::exists(file); });
  }

 private:
  [[nodiscard]] std::filesystem::path artifacts() const { return folder_.path() / "data" / "artifacts"; }
  [[nodiscard]] std::vector<std::filesystem::path> sentinels() const {
    return {folder_.path() / "file",
            folder_.path() / "data" / "file",
            artifacts() / "file",
            artifacts() / "sessions" / "other" / "user" / "file",
            artifacts() / "default-user" / "user" / "file",
            artifacts() / "default-user" / "sessions" / "other" / "user" / "file"};
  }

  support::TemporaryFolder folder_;
  heddle::Backend<heddle::Sqlite> backend_{
      heddle::sqlite::Config{.path = ":memory:", .artifact_directory = artifacts()}};
};

}  // namespace

TEST_CASE("bad session ids: refused, or a normal session whose deletion affects nothing else") {
  MESSAGE("seed " << property::seed());
  property::Generator random(property::seed());
  Guarded guarded;
  auto& store = guarded.store();
  int accepted = 0;
  for (std::int64_t number = 0; number < inputs; ++number) {
    const std::string id = random.one_in(4) ? random.one_of(property::nasty_pieces()) : random.nasty();
    const bool stored = accepts(id, [&] { store.save_session({}, session_of(id)); });
    CHECK(stored == is_id(id));
    accepted += stored ? 1 : 0;
    if (stored) {
      CHECK(store.save_message({}, id, {.content = "hello"}) == 1);
      CHECK(store.load_session({}, id)->messages.items.at(0).session_id == id);
      CHECK(store.list_sessions({}).items == std::vector<std::string>{id});
      const auto folder = (*guarded).artifact_store().folder({}, heddle::ArtifactFolder::agent, id);
      std::filesystem::create_directories(folder);
      CHECK(store.delete_session({}, id));
      CHECK_FALSE(std::filesystem::exists(folder));
    } else {
      CHECK_FALSE(accepts(id, [&] { store.save_message({}, id, {.content = "hello"}); }));
      CHECK_FALSE(accepts(id, [&] { static_cast<void>(store.load_session({}, id)); }));
      CHECK_FALSE(accepts(id, [&] { static_cast<void>(store.load_messages({}, id)); }));
      CHECK_FALSE(accepts(id, [&] { store.delete_session({}, id); }));
      CHECK_FALSE(accepts(id, [&] { static_cast<void>(store.list_tool_executions({}, id)); }));
    }
    if (!guarded.is_untouched()) { FAIL("a file is gone after {" << id << "}"); }
  }
  CHECK(accepted > inputs / 4);
}

TEST_CASE("bad user ids: refused, or a normal tenant who sees only its own data") {
  MESSAGE("seed " << property::seed());
  property::Generator random(property::seed());
  Guarded guarded;
  auto& store = guarded.store();
  store.save_session({}, session_of("session"));
  store.save_message({}, "session", {.content = "of the default user"});
  std::set<std::string> users;
  for (std::int64_t number = 0; number < inputs; ++number) {
    const std::string user = random.nasty();
    // An empty user id means the default user.
    if (user.empty()) { continue; }
    const Context context = Context::for_user(user);
    const bool stored = accepts(user, [&] { store.save_session(context, session_of("session")); });
    CHECK(stored == is_id(user));
    if (!stored || !users.insert(user).second) { continue; }
    CHECK(store.save_message(context, "session", {.content = user}) == 1);
    CHECK(store.load_session(context, "session")->user_id == user);
    CHECK(store.list_sessions(context).items.size() == 1);
    CHECK(store.load_messages(context, "session").items.at(0).content == user);
    CHECK(store.search_messages(context, {.query = "default"}).items.empty());
    CHECK(store.statistics(context).messages == 1);
  }
  for (const auto& user : users) {
    if (random.one_in(2)) { CHECK(store.delete_session(Context::for_user(user), "session")); }
  }
  CHECK(store.statistics({}).messages == 1);
  CHECK(guarded.is_untouched());
  CHECK(users.size() > inputs / 8);
}

TEST_CASE("bad idempotency keys: refused, or a normal key") {
  MESSAGE("seed " << property::seed());
  property::Generator random(property::seed());
  Guarded guarded;
  auto& store = guarded.store();
  store.save_session({}, session_of("session"));
  std::set<std::string> keys;
  std::int64_t last = 0;
  for (std::int64_t number = 0; number < inputs; ++number) {
    const std::string key = random.nasty();
    // An empty key means no key.
    if (key.empty()) { continue; }
    std::int64_t first_answer = 0;
    const auto save = [&] { return store.save_message({}, "session", {.content = "key"}, {.idempotency_key = key}); };
    const bool stored = accepts(key, [&] { first_answer = save(); });
    CHECK(stored == is_id(key));
    if (!stored) { continue; }
    if (keys.insert(key).second) { CHECK(first_answer == ++last); }
    CHECK(save() == first_answer);
  }
  CHECK(std::int64_t(store.load_messages({}, "session").items.size()) == last);
  CHECK(std::int64_t(keys.size()) == last);
  CHECK(keys.size() > inputs / 8);
}

TEST_CASE("bad arguments of reads find nothing, or are refused") {
  MESSAGE("seed " << property::seed());
  property::Generator random(property::seed());
  Guarded guarded;
  auto& store = guarded.store();
  store.save_session({}, session_of("session"));
  store.save_message({}, "session", {.content = "hello"});
  for (std::int64_t number = 0; number < inputs; ++number) {
    const std::string text = random.nasty();
    const bool clean = text.size() <= 255 && property::is_clean(text);
    const auto finds_nothing = [&](bool accepted, auto&& read) {
      std::size_t found = 0;
      CHECK(accepts(text, [&] { found = read().items.size(); }) == accepted);
      CHECK(found == 0);
    };
    finds_nothing(is_id(text), [&] { return store.search_messages({}, {.query = "hello", .session_id = text}); });
    if (!text.empty()) {
      finds_nothing(clean, [&] { return store.search_messages({}, {.query = "hello", .agent_id = text}); });
      finds_nothing(clean, [&] { return store.load_agent_messages({}, text); });
      finds_nothing(clean, [&] { return store.list_agent_sessions({}, text); });
    }
    finds_nothing(is_id(text), [&] { return store.load_parent_messages({}, text); });
    finds_nothing(is_id(text), [&] { return store.load_snapshots({}, text, "type"); });
  }
}
