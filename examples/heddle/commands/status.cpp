#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/capabilities.hpp>
#include <heddle/error.hpp>
#include <heddle/health.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace command {
namespace {

std::optional<std::int64_t> size_of(const std::filesystem::path& path) {
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  return unknown ? std::nullopt : std::optional(static_cast<std::int64_t>(size));
}

std::string in_milliseconds(std::chrono::microseconds time) {
  return with_commas(time.count() / 1000) + "." + std::to_string(time.count() / 100 % 10) + " ms";
}

struct Status {
  heddle::Health health{};
  std::optional<heddle::SystemStatistics> content{};  ///< of all tenants, if they can be seen
  std::optional<std::int64_t> database_bytes{};
  std::optional<std::int64_t> log_bytes{};
};

Status look(Call& call, Database& database) {
  Status status{.health = heddle::health(database.backend, call.context())};
  if (database.file) {
    status.database_bytes = size_of(*database.file);
    status.log_bytes = size_of(database.file->string() + "-wal");
  }
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
    json.begin_item().add("problem", to_string(reason.problem)).add("text", reason.text).end_object();
  }
  json.end_list();
  json.add("latency_ms", static_cast<double>(status.health.latency.count()) / 1000);
  if (const auto& details = status.health.details) {
    json.add("schema_version", std::int64_t{details->migration_version});
    json.add("latest_version", std::int64_t{details->latest_version});
    if (details->owed) {
      json.add("unindexed_messages", details->owed->unindexed_messages).add("erasure_owed", details->owed->erasure);
    }
    if (details->pool) {
      json.begin_object("pool")
          .add("used", details->pool->active_connections)
          .add("idle", details->pool->idle_connections)
          .add("max", details->pool->max_connections)
          .end_object();
    }
  }
  json.add("database_bytes", status.database_bytes).add("log_bytes", status.log_bytes);
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
  for (const auto& reason : health.reasons) { row("", colours.red(printable(reason.text))); }
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
    if (details->pool) {
      row("pool", std::to_string(details->pool->total_connections) + " of at most " +
                      std::to_string(details->pool->max_connections) + " connections");
    }
  }
  if (status.database_bytes) {
    row("file",
        in_bytes(static_cast<double>(*status.database_bytes)) +
            (status.log_bytes.value_or(0) != 0 ? ", its log " + in_bytes(static_cast<double>(*status.log_bytes)) : ""));
  }
  if (status.content) {
    row("content", counted(status.content->messages, "message", "messages") + " in " +
                       counted(status.content->sessions, "session", "sessions") + " of " +
                       counted(status.content->users, "tenant", "tenants"));
    if (status.content->total_cost_usd != 0 || status.content->total_tokens != 0) {
      row("cost",
          in_dollars(status.content->total_cost_usd) + ", " + counted(status.content->total_tokens, "token", "tokens"));
    }
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
