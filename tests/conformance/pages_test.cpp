// Pages that end early because their items have many bytes.
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/model/search.hpp"
#include "heddle/model/session.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/model/tool.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;

namespace {

constexpr std::int64_t page_bytes = 10'000;
constexpr std::size_t many = 10;

/// Returns a text of which a page has three.
std::string large(std::size_t index) { return "word" + std::to_string(index) + " common " + std::string(4'000, '.'); }

Timestamp at(std::size_t index) { return Timestamp{std::chrono::seconds(1'700'000'000 + index)}; }

/// Checks that all pages of a list together have all items in order, and that each but the last has three of them,
/// unless fewer are requested. `text_of` returns the text by which an item is known.
template <class Fetch, class TextOf>
void check_pages(const std::vector<std::string>& expected, Fetch fetch, TextOf text_of) {
  for (const std::int64_t limit : {0, 2, 3, 4, 9, 10, 11}) {
    CAPTURE(limit);
    std::vector<std::string> seen;
    std::vector<std::size_t> sizes;
    PageRequest request{.limit = limit};
    do {
      const auto page = fetch(request);
      for (const auto& item : page.items) { seen.push_back(text_of(item)); }
      sizes.push_back(page.items.size());
      request.cursor = page.next;
    } while (!request.cursor.empty());
    CHECK(seen == expected);
    CHECK(sizes == (limit == 2 ? std::vector<std::size_t>(5, 2) : std::vector<std::size_t>{3, 3, 3, 1}));
  }
}

std::vector<std::string> all_texts() {
  std::vector<std::string> texts;
  for (std::size_t index = 0; index < many; ++index) { texts.push_back(large(index)); }
  return texts;
}
std::vector<std::string> latest_first() {
  const auto texts = all_texts();
  return {texts.rbegin(), texts.rend()};
}

const auto content_of = [](const auto& item) { return item.content; };

}  // namespace

CONFORMANCE_TEST("fault 29: pages of large messages end early, and all pages together return them in order") {
  Subject subject({.page_bytes = page_bytes});
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s", "agent");
  store.save_session(alice, {.id = "child", .agent_id = "another", .parent_session_id = "s"});
  for (const auto& text : all_texts()) {
    Message message = says(text);
    message.session_context = SessionContext::shared;
    store.save_message(alice, "s", message);
  }
  check_pages(
      all_texts(), [&](const PageRequest& page) { return store.load_messages(alice, "s", page); }, content_of);
  check_pages(
      all_texts(), [&](const PageRequest& page) { return store.load_session(alice, "s", page)->messages; }, content_of);
  check_pages(
      all_texts(), [&](const PageRequest& page) { return store.load_parent_messages(alice, "child", page); },
      content_of);
  for (const char* agent : {"agent", "another"}) {
    check_pages(
        all_texts(), [&](const PageRequest& page) { return store.load_agent_messages(alice, agent, page); },
        content_of);
  }
  check_pages(
      all_texts(), [&](const PageRequest& page) { return store.search_messages(alice, {.query = "common"}, page); },
      content_of);
  const MessageSearch within{.query = "common", .session_id = "s"};
  check_pages(
      all_texts(), [&](const PageRequest& page) { return store.search_messages(alice, within, page); }, content_of);

  // Where the page of the session ends, the list of its messages goes on.
  const auto session = store.load_session(alice, "s");
  CHECK(session->messages.items.size() == 3);
  const auto rest = all_pages(0, [&, first = true](PageRequest request) mutable {
    if (first) { request.cursor = session->messages.next; }
    first = false;
    return store.load_messages(alice, "s", request);
  });
  CHECK(rest.size() == many - 3);
  CHECK(rest.front().content == large(3));
  // A visitor sees all of them.
  CHECK(store.for_each_message(alice, "s", [](const Message&) {}) == many);
}

CONFORMANCE_TEST("an item that has more bytes than a page is returned alone, and the pages go on behind it") {
  Subject subject({.page_bytes = page_bytes});
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const std::string huge(5 * page_bytes, 'x');
  // In blocks, calls and results as well: every text counts.
  Message blocks;
  blocks.content_blocks = {{ContentKind::image_base64, huge, "image/png"}};
  Message calls;
  calls.tool_calls = {{.id = "c", .name = "t", .input = "\"" + huge + "\""}};
  Message result;
  result.tool_result = ToolResult{.success = true, .data = "\"" + huge + "\""};
  const std::vector<Message> messages{says(huge), blocks, calls, result, says("small"), says("the last")};
  store.save_messages(alice, "s", messages);
  std::vector<std::size_t> sizes;
  std::vector<Message> seen;
  PageRequest request;
  do {
    const auto page = store.load_messages(alice, "s", request);
    sizes.push_back(page.items.size());
    seen.insert(seen.end(), page.items.begin(), page.items.end());
    request.cursor = page.next;
  } while (!request.cursor.empty());
  CHECK(sizes == std::vector<std::size_t>{1, 1, 1, 1, 2});
  REQUIRE(seen.size() == messages.size());
  CHECK(seen[1].content_blocks == blocks.content_blocks);
  CHECK(seen[3].tool_result == result.tool_result);
  CHECK(seen.back().content == "the last");

  // No cursor behind the last item, even if it alone fills the page.
  add_session(subject.backend(), alice, "one");
  store.save_message(alice, "one", says(huge));
  CHECK(store.load_messages(alice, "one").items.size() == 1);
  CHECK(store.load_messages(alice, "one").next.empty());
  CHECK(store.load_session(alice, "one", {.limit = 1})->messages.next.empty());
}

CONFORMANCE_TEST("pages of tool executions and of snapshots end early as well") {
  Subject subject({.page_bytes = page_bytes});
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  for (std::size_t index = 0; index < many; ++index) {
    store.save_tool_execution(alice, "s", {.tool_name = "t", .error = large(index), .timestamp = at(index)});
    store.save_snapshot(
        alice, {.session_id = "s", .snapshot_type = "summary", .content = large(index), .created_at = at(index)});
  }
  check_pages(
      all_texts(), [&](const PageRequest& page) { return store.list_tool_executions(alice, "s", page); },
      [](const ToolExecution& item) { return *item.error; });
  check_pages(
      all_texts(), [&](const PageRequest& page) { return store.load_snapshots(alice, "s", "summary", page); },
      content_of);
}

CONFORMANCE_TEST("pages of errors, artifacts and human requests end early as well") {
  Subject subject({.page_bytes = page_bytes});
  auto& backend = subject.backend();
  add_session(backend, alice, "s");
  for (std::size_t index = 0; index < many; ++index) {
    const std::string json = "\"" + large(index) + "\"";
    backend.error_store().store(
        alice, {.timestamp = at(index), .session_id = "s", .tool_name = "t", .raw_error = json, .short_summary = "e"});
    Artifact artifact{.name = "a" + std::to_string(index), .purpose = large(index), .created_at = at(index)};
    artifact.session_id = "s";
    backend.artifact_store().index(alice, artifact);
    backend.human_request_store().store(alice, {.session_id = "s", .question = large(index), .created_at = at(index)});
  }
  const auto error_text = [](const StoredError& item) { return item.raw_error.substr(1, item.raw_error.size() - 2); };
  for (const ErrorFilter& filter : {ErrorFilter{}, ErrorFilter{.session_id = "s"}, ErrorFilter{.tool_name = "t"}}) {
    check_pages(
        latest_first(), [&](const PageRequest& page) { return backend.error_store().list(alice, filter, page); },
        error_text);
  }
  const auto purpose_of = [](const Artifact& item) { return item.purpose; };
  for (const ArtifactFilter& filter : {ArtifactFilter{}, ArtifactFilter{.session_id = "s"}}) {
    check_pages(
        latest_first(), [&](const PageRequest& page) { return backend.artifact_store().list(alice, filter, page); },
        purpose_of);
  }
  check_pages(
      all_texts(),
      [&](const PageRequest& page) { return backend.artifact_store().search(alice, {.query = "common"}, page); },
      purpose_of);
  const auto question_of = [](const HumanRequest& item) { return item.question; };
  check_pages(
      all_texts(), [&](const PageRequest& page) { return backend.human_request_store().list_pending(alice, page); },
      question_of);
  check_pages(
      latest_first(),
      [&](const PageRequest& page) { return backend.human_request_store().list_by_session(alice, "s", page); },
      question_of);
}
