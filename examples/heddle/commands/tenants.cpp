#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/capabilities.hpp>

#include <ostream>
#include <string>

namespace command {
namespace {

ExitCode list(Call& call) {
  Database database = call.open(Access::read);
  const auto administration = heddle::administration(database.backend);
  Table table({"TENANT", "SESSIONS"});
  for_each_of([&](const heddle::PageRequest& page) { return administration->sessions_per_user(call.context(), page); },
              0,
              [&](const heddle::SessionCount& each) {
                if (call.json()) {
                  call.out() << JsonLine().add("tenant", each.user_id).add("sessions", each.sessions).line();
                } else {
                  table.add({in_one_line(each.user_id, 60), with_commas(each.sessions)});
                }
              });
  if (!call.json()) { call.out() << table.text(call.colours()); }
  return ExitCode::done;
}

const Command command_of_tenants{
    "tenants", "List the tenants and how many sessions each has", [](CLI::App& app) -> Run {
      app.footer("On PostgreSQL it needs the connection string of the role that sees all tenants.");
      return &list;
    }};

}  // namespace
}  // namespace command
