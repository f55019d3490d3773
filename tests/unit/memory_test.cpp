// Memory that runs out in a call is an Error, is traced, and leaves the backend usable. The program has an allocator of
// its own, which counts blocks, and fails for large ones while a test wants that.
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "heddle/text/words.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <vector>

using namespace heddle;

namespace {

std::atomic<std::size_t> longest_block{std::numeric_limits<std::size_t>::max()};
std::atomic<std::size_t> blocks{0};

/// Makes allocations of more than this many bytes fail.
struct ShortOfMemory {
  explicit ShortOfMemory(std::size_t longest) { longest_block = longest; }
  ShortOfMemory(const ShortOfMemory&) = delete;
  ShortOfMemory& operator=(const ShortOfMemory&) = delete;
  ShortOfMemory(ShortOfMemory&&) = delete;
  ShortOfMemory& operator=(ShortOfMemory&&) = delete;
  ~ShortOfMemory() { longest_block = std::numeric_limits<std::size_t>::max(); }
};

/// Records the codes of failed operations.
struct Watcher {
  std::vector<ErrorCode>* failures;
  struct Span {
    std::vector<ErrorCode>* failures;
    void fail(const Error& error) { failures->push_back(error.code()); }
  };
  Span start(const Call& /*call*/) noexcept { return {failures}; }
};

/// SQLite that runs out of memory in what is no unit of work.
struct Starved : Sqlite {
  class Engine : public Sqlite::Engine {
   public:
    using Sqlite::Engine::Engine;
    void ping(const Call& /*call*/) { throw std::bad_alloc(); }
    void back_up(const Call& /*call*/, const std::filesystem::path& /*target*/) { throw std::bad_alloc(); }
    std::vector<Migration> migrations() { throw std::bad_alloc(); }
  };
};

}  // namespace

void* operator new(std::size_t size) {
  ++blocks;
  if (size > longest_block) { throw std::bad_alloc(); }
  if (void* const block = std::malloc(size == 0 ? 1 : size)) { return block; }
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t /*size*/) noexcept { std::free(block); }

TEST_CASE("memory that runs out in a call is resource_exhausted, and the next call works") {
  const support::TemporaryFolder folder;
  std::vector<ErrorCode> failures;
  Backend<Sqlite, Watcher> backend({.path = (folder.path() / "x.db").string()}, Watcher{&failures});
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session({}, {.id = "s"});
  constexpr std::size_t large = std::size_t{4} << 20U;
  store.save_message({}, "s", {.content = std::string(large, 'x')});

  const std::size_t before = failures.size();
  const auto fails = [&](auto&& action) {
    const ShortOfMemory limit(large / 2);
    const Error error = support::error_of(action);
    CHECK(error.code() == ErrorCode::resource_exhausted);
    return error.in_doubt();
  };
  CHECK_FALSE(fails([&] { static_cast<void>(store.load_messages({}, "s")); }));
  CHECK_FALSE(fails([&] { static_cast<void>(store.load_session({}, "s")); }));
  CHECK_FALSE(fails([&] { store.for_each_message({}, "s", [](const Message&) {}); }));
  const Message message{.tool_calls = {{.id = "c", .name = "t", .input = "\"" + std::string(large, 'y') + "\""}}};
  // A write that no engine has judged may have happened: a repeat with its key finds out.
  const AppendOptions once{.idempotency_key = "k"};
  static_cast<void>(fails([&] { store.save_message({}, "s", message, once); }));
  CHECK(failures.size() == before + 4);
  CHECK(store.save_message({}, "s", message, once) == 2);
  CHECK(store.load_session({}, "s")->last_sequence == 2);
  CHECK(store.load_messages({}, "s").items.front().content.size() == large);
}

TEST_CASE("memory that runs out in what writes nothing leaves nothing in doubt") {
  Backend<Starved> backend({.path = ":memory:"});
  const auto in_doubt = [](auto&& action) {
    const Error error = support::error_of(action);
    CHECK(error.code() == ErrorCode::resource_exhausted);
    return error.in_doubt();
  };
  CHECK_FALSE(in_doubt([&] { backend.ping(); }));
  CHECK_FALSE(in_doubt([&] { backend.back_up({}, "copy.db"); }));
  CHECK_FALSE(in_doubt([&] { static_cast<void>(backend.details()); }));
  CHECK_FALSE(in_doubt([&] { static_cast<void>(backend.pending_migrations()); }));
  CHECK(in_doubt([&] { backend.migrate(); }));
}

TEST_CASE("words of texts need no memory but the tables of a script, when it is first seen") {
  const auto count = [](std::string_view text) {
    std::size_t words = 0;
    text::for_each_word(text, [&words](const text::Word&) { ++words; });
    return words;
  };
  const std::size_t start = blocks;
  CHECK(count("the running foxes decided: 3.14") == 6);
  CHECK(blocks == start);

  const std::string_view georgian = "თბილისი \u2C90";
  {
    const ShortOfMemory limit(1000);
    CHECK_THROWS_AS(static_cast<void>(count(georgian)), std::bad_alloc);
  }
  CHECK(count(georgian) == 2);
  const std::size_t known = blocks;
  CHECK(known > start);
  CHECK(count(georgian) == 2);
  CHECK(blocks == known);
}
