#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/model/search.hpp>
#include <heddle/options.hpp>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace command {
namespace {

struct Options {
  std::vector<std::string> words{};
  std::string session{};
  std::string agent{};
  std::vector<std::string> where{};
  std::vector<std::string> roles{};
  std::int64_t limit = 20;
  bool any = false;
  bool newest = false;
};

/// Returns the names of an enumeration.
template <class Enum>
std::vector<std::string> names_of() {
  const auto& names = heddle::EnumNames<Enum>::values;
  return {names.begin(), names.end()};
}

/// Returns the values with these names, which are valid.
template <class Enum>
std::vector<Enum> values_of(const std::vector<std::string>& names) {
  const auto& all = heddle::EnumNames<Enum>::values;
  std::vector<Enum> values;
  values.reserve(names.size());
  for (const std::string& name : names) {
    values.push_back(static_cast<Enum>(std::find(all.begin(), all.end(), name) - all.begin()));
  }
  return values;
}

/// Returns a snippet with its words in colour.
std::string coloured(const heddle::FoundMessage& found, const Colours& colours) {
  std::string text;
  std::size_t at = 0;
  const std::string_view snippet = found.snippet;
  for (const heddle::TextPlace& place : found.places) {
    text += printable(snippet.substr(at, place.begin - at));
    text += colours.yellow(printable(snippet.substr(place.begin, place.end - place.begin)));
    at = place.end;
  }
  text += printable(snippet.substr(at));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string json_of(const heddle::FoundMessage& found) {
  JsonLine json;
  json.add("session", found.session_id)
      .add("sequence", found.sequence)
      .add("role", to_string(found.role))
      .add("time", in_iso8601(found.timestamp))
      .add("score", found.score)
      .add("place", to_string(found.place))
      .add("snippet", found.snippet);
  return json.line();
}

ExitCode search(const Options& options, Call& call) {
  Database database = call.open(Access::read);
  const heddle::Context tenant = call.tenant(database);
  heddle::MessageSearch search;
  for (const std::string& word : options.words) { search.query += (search.query.empty() ? "" : " ") + word; }
  if (!options.session.empty()) { search.session_id = options.session; }
  if (!options.agent.empty()) { search.agent_id = options.agent; }
  search.match = options.any ? heddle::WordMatch::any : heddle::WordMatch::all;
  search.order = options.newest ? heddle::SearchOrder::newest : heddle::SearchOrder::best;
  search.where = values_of<heddle::SearchPlace>(options.where);
  search.roles = values_of<heddle::Role>(options.roles);
  const std::size_t width = width_of_terminal(STDOUT_FILENO);
  bool considered_all = true;
  bool is_found = false;
  for_each_of(
      [&](heddle::PageRequest page) {
        page.limit = options.limit;
        auto found = database.backend.session_storage().search_messages(tenant, search, page);
        considered_all = considered_all && found.considered_all;
        return found;
      },
      options.limit,
      [&](const heddle::FoundMessage& each) {
        is_found = true;
        if (call.json()) {
          call.out() << json_of(each);
          return;
        }
        const Colours& colours = call.colours();
        call.out() << colours.bold(in_one_line(each.session_id, 80)) << " " << each.sequence << " "
                   << colours.cyan(std::string(to_string(each.role))) << " " << colours.dim(in_utc(each.timestamp))
                   << "\n"
                   << indented(width > 2 ? wrapped(coloured(each, colours), width - 2) : coloured(each, colours), "  ");
      });
  if (!is_found && !call.json()) {
    std::cerr << "nothing was found in the messages of " << in_one_line(tenant.user_id, 80) << call.other_tenants()
              << "\n";
  }
  if (!considered_all && !call.json()) {
    call.out() << call.colours().dim("more messages match than were ranked: narrow the search") << "\n";
  }
  return ExitCode::done;
}

const Command command_of_search{
    Command::Group::look, "search", "Search the messages of a tenant", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("WORDS", options->words, "Words, and phrases in double quotes")->required();
      app.add_option("--session", options->session, "Only in this session")->type_name("ID");
      app.add_option("--agent", options->agent, "Only in sessions of this agent")->type_name("AGENT");
      app.add_option("--where", options->where, "Only in text, thinking, arguments or results of tools")
          ->check(CLI::IsMember(names_of<heddle::SearchPlace>()))
          ->allow_extra_args(false)
          ->type_name("PLACE");
      app.add_option("--role", options->roles, "Only messages of system, user, assistant or tool")
          ->check(CLI::IsMember(names_of<heddle::Role>()))
          ->allow_extra_args(false)
          ->type_name("ROLE");
      app.add_option("--limit", options->limit, "At most so many")
          ->capture_default_str()
          ->check(CLI::Range(1, 10'000))
          ->type_name("N");
      app.add_flag("--any", options->any, "One of the words is enough");
      app.add_flag("--newest", options->newest, "Newest first, not best first");
      return [options](Call& call) { return search(*options, call); };
    }};

}  // namespace
}  // namespace command
