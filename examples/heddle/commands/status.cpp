#include "../advice.hpp"
#include "../command.hpp"
#include "../database_size.hpp"
#include "../json_line.hpp"

#include <heddle/capabilities.hpp>
#include <heddle/error.hpp>
#include <heddle/health.hpp>

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace command {
namespace {

std::string in_milliseconds(std::chrono::microseconds time) {
  return with_commas(time.count() / 1000) + "." + std::to_string(time.count() / 100 % 10) + " ms";
}

struct Status {
  heddle::Health health{};
  DatabaseSize size{};
  std::optional<heddle::SystemStatistics> content{};  ///< of all tenants, if they can be seen
};

Status look(Call& call, Database& database) {
  Status status{.health = heddle::health(database.backend, call.context())};
  // A server that does not answer is not waited for.
  if (database.file || status.health.details) { status.size = size_of(database); }
  if (status.health.ready) {
    if (const auto administration = heddle::administration(database.backend)) {
      status.content = administration->statistics(call.context());
    }
  }
  return status;
}

std::string json_of(const Status& status) {
  JsonLine json;
  json.add("backend", status.health.backend).add("version", HEDDLE_COMMAND_VERSION);
  json.add("live", status.health.live).add("ready", status.health.ready);
  json.begin_list("reasons");
  for (const auto& reason : status.health.reasons) {
    json.begin_item().add("problem", to_string(reason.problem)).add("text", advice_of(reason.text)).end_object();
  }
  json.end_list();
  json.add("latency_ms", static_cast<double>(status.health.latency.count()) / 1000);
  if (const auto& details = status.health.details) {
    json.add("schema_version", std::int64_t{details->migration_version});
    json.add("latest_version", std::int64_t{details->latest_version});
    if (details->owed) {
      json.add("unindexed_messages", details->owed->unindexed_messages).add("erasure_owed", details->owed->erasure);
    }
  }
  json.add("database_bytes", status.size.database).add("log_bytes", status.size.log);
  if (const auto& connections = status.size.connections) {
    json.add("connections", connections->of_database).add("max_connections", connections->most);
  }
  if (status.content) {
    json.add("tenants", status.content->users)
        .add("sessions", status.content->sessions)
        .add("messages", status.content->messages)
        .add("tool_executions", status.content->tool_executions)
        .add("cost_usd", status.content->total_cost_usd)
        .add("tokens", status.content->total_tokens);
  }
  return json.line();
}

std::string text_of(const Status& status, const Colours& colours) {
  std::string text;
  const auto row = [&](const std::string& name, const std::string& value) {
    text += colours.dim(name + std::string(12 - name.size(), ' ')) + value + "\n";
  };
  const heddle::Health& health = status.health;
  row("backend", std::string(health.backend) + ", heddle " HEDDLE_COMMAND_VERSION);
  row("state", health.ready  ? colours.green("ready")
               : health.live ? colours.yellow("not ready")
                             : colours.red("must be opened anew"));
  for (const auto& reason : health.reasons) { row("", colours.red(printable(advice_of(reason.text)))); }
  if (const auto& details = health.details) {
    row("schema",
        "version " + std::to_string(details->migration_version) + " of " + std::to_string(details->latest_version));
    if (details->owed) {
      row("index", details->owed->unindexed_messages == 0
                       ? "has all messages"
                       : with_commas(details->owed->unindexed_messages) + " messages wait for it");
      if (details->owed->erasure) {
        row("", colours.yellow("erased words are still in the file: they leave it by themselves while it is served"));
      }
    }
  }
  if (status.size.database) {
    const std::int64_t log = status.size.log.value_or(0);
    row("size", in_bytes(static_cast<double>(*status.size.database)) +
                    (log != 0 ? ", its log " + in_bytes(static_cast<double>(log)) : ""));
  }
  if (const auto& connections = status.size.connections) {
    row("connections",
        with_commas(connections->of_database) + "; the server allows " + with_commas(connections->most) + " in all");
  }
  if (status.content) {
    row("content", counted(status.content->messages, "message", "messages") + " in " +
                       counted(status.content->sessions, "session", "sessions") + " of " +
                       counted(status.content->users, "tenant", "tenants"));
    if (status.content->total_cost_usd != 0 || status.content->total_tokens != 0) {
      row("cost",
          in_dollars(status.content->total_cost_usd) + ", " + counted(status.content->total_tokens, "token", "tokens"));
    }
  } else if (health.ready) {
    row("content", colours.dim("is seen by a role that sees all tenants: --admin DSN"));
  }
  row("latency", in_milliseconds(health.latency));
  return text;
}

const Command command_of_status{Command::Group::look, "status",
                                "Show whether a storage is ready, its versions and its sizes",
                                [](CLI::App& app) -> Run {
                                  app.footer("Exits with 1 if the storage is not ready.");
                                  return [](Call& call) {
                                    Database database = call.open(Access::inspect);
                                    const Status found = look(call, database);
                                    call.out() << (call.json() ? json_of(found) : text_of(found, call.colours()));
                                    return found.health.ready ? ExitCode::done : ExitCode::problem;
                                  };
                                }};

}  // namespace
}  // namespace command
