#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/capabilities.hpp>
#include <heddle/error.hpp>

#include <cstdint>
#include <map>
#include <ostream>
#include <string>

namespace command {
namespace {

ExitCode list(Call& call) {
  Database database = call.open(Access::read);
  const auto administration = heddle::administration(database.backend);
  if (!administration) {
    throw heddle::Error(heddle::ErrorCode::failed_precondition,
                        "the role sees no other tenants: name one that does, --admin DSN");
  }
  std::map<std::string, std::int64_t> sessions;
  for_each_of([&](const heddle::PageRequest& page) { return administration->sessions_per_user(call.context(), page); },
              0, [&](const heddle::SessionCount& each) { sessions[each.user_id] = each.sessions; });
  Table table({"TENANT", "SESSIONS"});
  for_each_of([&](const heddle::PageRequest& page) { return administration->list_tenants(call.context(), page); }, 0,
              [&](const std::string& each) {
                const auto found = sessions.find(each);
                const std::int64_t count = found == sessions.end() ? 0 : found->second;
                if (call.json()) {
                  call.out() << JsonLine().add("tenant", each).add("sessions", count).line();
                } else {
                  table.add({in_one_line(each, 60), with_commas(count)});
                }
              });
  if (!call.json()) { call.out() << table.text(call.colours()); }
  return ExitCode::done;
}

const Command command_of_tenants{
    Command::Group::look, "tenants", "List the tenants and how many sessions each has", [](CLI::App& app) -> Run {
      app.footer("On PostgreSQL it needs the connection string of the role that sees all tenants.");
      return &list;
    }};

}  // namespace
}  // namespace command
