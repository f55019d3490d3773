#include "../command.hpp"
#include "../conversation.hpp"

#include <heddle/error.hpp>
#include <heddle/model/message_window.hpp>
#include <heddle/model/session.hpp>

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>

namespace command {
namespace {

struct Options {
  std::string session{};
  std::int64_t last = 0;
  bool tools = false;
  bool thinking = false;
  bool system = false;
};

ExitCode show(const Options& options, Call& call) {
  Database database = call.open(Access::read);
  const heddle::Context tenant = call.tenant(database);
  auto& sessions = database.backend.session_storage();
  const auto session = sessions.load_session(tenant, options.session, {.limit = 1});
  if (!session) {
    throw heddle::Error(heddle::ErrorCode::not_found,
                        tenant.user_id + " has no session \"" + options.session + "\"" + call.other_tenants());
  }
  Conversation conversation(call.colours(),
                            {.tools = options.tools, .thinking = options.thinking, .system = options.system});
  if (!call.json()) { call.out() << conversation.title_of(*session); }
  const auto print = [&](const heddle::Message& message) {
    call.out() << (call.json() ? Conversation::json_of(message) : conversation.text_of(message));
  };
  if (options.last != 0) {
    const auto window = sessions.load_messages(tenant, options.session,
                                               {.last = options.last, .whole_exchanges = false, .folds = false});
    for (const heddle::Message& message : window.messages) { print(message); }
  } else {
    // Page by page, so that a slow terminal keeps no transaction open.
    for_each_of([&](const heddle::PageRequest& page) { return sessions.load_messages(tenant, options.session, page); },
                0, print);
  }
  return ExitCode::done;
}

const Command command_of_show{
    Command::Group::look, "show", "Print a session like a conversation", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("SESSION", options->session, "The id of the session")->required();
      app.add_option("--last", options->last, "Only so many messages, the newest")
          ->check(CLI::Range(1, 10'000))
          ->type_name("N");
      app.add_flag("--tools", options->tools, "Unfold the arguments and the results of tools");
      app.add_flag("--system", options->system, "Unfold long messages of the system");
      app.add_flag("--thinking", options->thinking, "Unfold what the model thought");
      return [options](Call& call) { return show(*options, call); };
    }};

}  // namespace
}  // namespace command
