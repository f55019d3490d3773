#include "../command.hpp"

#include "roles_sql.hpp"

#include <ostream>

namespace command {
namespace {

const Command command_of_roles{Command::Group::work, "roles", "Print the SQL that sets up the roles of PostgreSQL",
                               [](CLI::App& app) -> Run {
                                 app.footer(
                                     "A superuser runs it once for each database:\n"
                                     "  heddle roles | psql -d agents -v app_password=... -v admin_password=...");
                                 return [](Call& call) {
                                   call.out() << roles_sql;
                                   return ExitCode::done;
                                 };
                               }};

}  // namespace
}  // namespace command
