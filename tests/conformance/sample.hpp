#pragma once

#include "heddle/context.hpp"
#include "heddle/model/session.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// Data for the tests of the suite.
namespace conformance {

inline const heddle::Context alice = heddle::Context::for_user("alice");
inline const heddle::Context bob = heddle::Context::for_user("bob");

/// Stores a session with this id for the tenant.
template <class Backend>
void add_session(Backend& backend, const heddle::Context& context, const std::string& id,
                 const std::string& agent = "agent") {
  backend.session_storage().save_session(context, {.id = id, .name = "name of " + id, .agent_id = agent});
}

/// Returns a message with this text.
inline heddle::Message says(std::string text, heddle::Role role = heddle::Role::user) {
  return {.role = role, .content = std::move(text)};
}

/// Returns a message with a distinct value in every field.
inline heddle::Message full_message() {
  using namespace std::chrono_literals;
  heddle::Message message;
  message.role = heddle::Role::assistant;
  message.content = "Grüße, 世界 \U0001F600 \"quoted\" \\ back\nline";
  message.content_blocks = {{heddle::ContentKind::text, "block", ""},
                            {heddle::ContentKind::image_base64, "aGVsbG8=", "image/png"},
                            {heddle::ContentKind::image_url, "https://example.org/a.png", "image/png"}};
  message.tool_calls = {
      {"call_1", "search", {R"({"q": "a\"b", "n": 123456789.0, "big": 12345678901234567890})"}, "sig=="},
      {"call_2", "noop", {"{}"}, ""}};
  message.tool_use_id = "call_0";
  message.tool_result =
      heddle::ToolResult{true,
                         {R"([1.0, null, "x"])"},
                         heddle::ToolError{"E42", "it broke", {R"({"why":"because"})"}, true, "try again"},
                         {R"({"k": [1,2]})"},
                         1234567ms,
                         true,
                         heddle::DataReference{"ref",
                                               99,
                                               heddle::DataLocation::disk,
                                               "abc",
                                               true,
                                               "text/csv",
                                               {{"a", "b"}},
                                               heddle::Timestamp{1700000000000001us}}};
  message.session_context = heddle::SessionContext::shared;
  message.agent_id = "writer";
  message.timestamp = heddle::Timestamp{1700000000123456us};
  message.token_count = 17;
  message.cost_usd = 0.0000125;
  return message;
}

/// Returns the texts of some messages, in order.
template <std::derived_from<heddle::Message> Message = heddle::Message>
std::vector<std::string> texts(const std::vector<Message>& messages) {
  std::vector<std::string> list;
  for (const auto& message : messages) { list.push_back(message.content); }
  return list;
}

/// Returns all items of a list, fetched page by page with `fetch(PageRequest)`; checks that no page has more than
/// `limit` of them.
template <class Fetch>
auto all_pages(std::int64_t limit, Fetch&& fetch) {
  heddle::PageRequest request{.limit = limit};
  decltype(fetch(request).items) items;
  do {
    const auto page = fetch(request);
    if (limit != 0) { CHECK(page.items.size() <= static_cast<std::size_t>(limit)); }
    items.insert(items.end(), page.items.begin(), page.items.end());
    request.cursor = page.next;
  } while (!request.cursor.empty());
  return items;
}

using Ids = std::vector<std::string>;

/// Returns the ids of `all_pages`.
template <class Fetch>
Ids all_ids(std::int64_t limit, Fetch&& fetch) {
  Ids ids;
  for (const auto& item : all_pages(limit, fetch)) { ids.push_back(item.id); }
  return ids;
}

}  // namespace conformance
