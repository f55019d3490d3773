#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/model/session_list.hpp>

#include <iostream>
#include <memory>
#include <ostream>
#include <string>

namespace command {
namespace {

struct Options {
  std::string agent{};
  std::string name{};
  std::int64_t limit = 50;
  bool oldest_first = false;
};

std::string json_of(const heddle::SessionSummary& session) {
  return JsonLine()
      .add("id", session.id)
      .add("name", session.name)
      .add("agent", session.agent_id)
      .add("parent", session.parent_session_id)
      .add("created_at", in_iso8601(session.created_at))
      .add("updated_at", in_iso8601(session.updated_at))
      .add("messages", session.last_sequence)
      .add("tokens", session.total_tokens)
      .add("cost_usd", session.total_cost_usd)
      .add("preview", session.preview)
      .line();
}

ExitCode list(const Options& options, Call& call) {
  Database database = call.open(Access::read);
  const heddle::Context tenant = call.tenant(database);
  heddle::SessionFilter filter{.name_contains = options.name, .oldest_first = options.oldest_first};
  if (!options.agent.empty()) { filter.agent_id = options.agent; }
  bool is_found = false;
  Table table({"SESSION", "UPDATED (UTC)", "MESSAGES", "AGENT", "NAME", "LAST MESSAGE"});
  for_each_of(
      [&](const heddle::PageRequest& page) {
        return database.backend.session_storage().find_sessions(tenant, filter, page);
      },
      options.limit,
      [&](const heddle::SessionSummary& each) {
        is_found = true;
        if (call.json()) {
          call.out() << json_of(each);
        } else {
          table.add({in_one_line(each.id, 40), in_utc(each.updated_at), with_commas(each.last_sequence),
                     in_one_line(each.agent_id, 20), in_one_line(each.name, 30), in_one_line(each.preview, 50)});
        }
      });
  if (call.json()) { return ExitCode::done; }
  if (is_found) {
    call.out() << table.text(call.colours());
  } else {
    std::cerr << in_one_line(tenant.user_id, 80) << " has no such sessions" << call.other_tenants() << "\n";
  }
  return ExitCode::done;
}

const Command command_of_sessions{
    Command::Group::look, "sessions", "List the sessions of a tenant, last updated first", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("--agent", options->agent, "Only sessions of this agent")->type_name("AGENT");
      app.add_option("--name", options->name, "Only sessions whose name contains this")->type_name("TEXT");
      app.add_option("--limit", options->limit, "At most so many; 0: all")
          ->capture_default_str()
          ->check(CLI::Range(0, 1'000'000'000))
          ->type_name("N");
      app.add_flag("--oldest-first", options->oldest_first, "In the other order");
      return [options](Call& call) { return list(*options, call); };
    }};

}  // namespace
}  // namespace command
