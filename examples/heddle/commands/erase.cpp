#include "../command.hpp"
#include "../counts.hpp"
#include "../export_bar.hpp"

#include <heddle/erasure.hpp>
#include <heddle/error.hpp>
#include <heddle/transfer.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace command {
namespace {

struct Options {
  heddle::ErasureOptions erasure{};
  bool yes = false;
  bool no_rewrite = false;
};

/// Prints what the tenant has.
ExitCode try_out(const std::string& user, Call& call) {
  Database database = call.open(Access::read);
  heddle::ExportReport found;
  {
    const heddle::Context tenant = call.context_of(user);
    ExportBar bar(database.backend, tenant, "counting");
    found = heddle::export_user(database.backend, tenant, [&](std::string_view piece) { bar.add(piece); });
  }
  if (call.json()) {
    JsonLine json;
    json.add("tenant", user).add("erased", false);
    add_counts(json, found.counts);
    call.out() << json.line();
    return ExitCode::done;
  }
  if (found.records == 0) {
    call.out() << in_one_line(user, 80) << " has no data\n";
    return ExitCode::done;
  }
  call.out() << in_one_line(user, 80) << " has " << counted(found.records, "record", "records") << ":\n"
             << counts_text(found.counts) << "Nothing was erased. With --yes all of it is, for ever.\n";
  return ExitCode::done;
}

void print(const heddle::ErasureReceipt& receipt, const std::string& user, Call& call) {
  std::string text = heddle::receipt_text(receipt);
  if (call.json()) {
    JsonLine json;
    json.add("tenant", user).add("erased", true).raw("receipt", std::move(text)).add("digest", receipt.digest);
    call.out() << json.line();
    return;
  }
  std::int64_t rows = 0;
  for (const auto& [table, count] : receipt.counts) { rows += count; }
  call.out() << "erased " << counted(rows, "row", "rows") << " and " << counted(receipt.files, "file", "files") << " ("
             << in_bytes(static_cast<double>(receipt.bytes)) << ") of " << in_one_line(user, 80)
             << "; nothing was left at " << in_utc(receipt.verified_at) << " UTC\n"
             << counts_text(receipt.counts);
  if (!receipt.awaits_vacuum.empty()) {
    call.out() << "VACUUM these tables, so that the bytes leave the files of PostgreSQL, too:\n";
    for (const std::string& table : receipt.awaits_vacuum) { call.out() << "  " << table << "\n"; }
  }
  call.out() << "receipt, to be kept:\n  " << text << "\n  SHA-256 " << receipt.digest << "\n";
}

ExitCode erase(const Options& options, Call& call) {
  const std::string& user = call.named_tenant();
  // Never a tenant that was not named.
  if (user.empty()) { throw heddle::Error(heddle::ErrorCode::invalid_argument, "name the tenant: --user TENANT"); }
  if (!options.yes) { return try_out(user, call); }
  call.when_interrupted("the tenant stays closed until it is erased; run the same command again to go on");
  std::int64_t erased = 0;  // for longer than the hook
  Database database = call.open(Access::write);
  const heddle::Context tenant = call.context_of(user);
  heddle::ErasureReceipt receipt;
  {
    auto& sessions = database.backend.session_storage();
    // Those of an erasure that goes on are hidden: how many there were is not known.
    const std::int64_t all = is_terminal(STDERR_FILENO) ? sessions.statistics(tenant).sessions : 0;
    sessions.add_cleanup_hook(
        [&erased](const heddle::Context& /*context*/, const std::string& /*session*/) { ++erased; });
    std::optional<Progress> bar(std::in_place, "erasing rows");
    bool in_sessions = false;
    heddle::ErasureOptions how = options.erasure;
    how.rewrite_file = !options.no_rewrite;
    how.on_progress = [&](const heddle::ErasureProgress& so_far) {
      if (erased == 0) { return bar->show(so_far.removed); }
      // Sessions go last, with their messages, which are most of the rows.
      if (!in_sessions) { bar.emplace("erasing sessions"); }
      in_sessions = true;
      bar->show(erased, all == 0 ? 0 : std::max(all, erased));
    };
    receipt = heddle::erase_user(database.backend, tenant, how);
  }
  print(receipt, user, call);
  return ExitCode::done;
}

const Command command_of_erase{
    Command::Group::work, "erase", "Erase all data of a tenant; without --yes only count it", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_flag("--yes", options->yes, "Erase it. Nothing brings it back but a backup");
      app.add_option("--key", options->erasure.idempotency_key,
                     "Name the erasure: the same key goes on with it, and prints its receipt again")
          ->type_name("KEY");
      app.add_flag("--no-rewrite", options->no_rewrite,
                   "Do not write the SQLite file anew. Only for one that was always written with secure_delete; else "
                   "what was deleted before stays in it");
      app.footer(
          "Run it where the files of artifacts are. The receipt has the tenant as a digest only. Backups and replicas "
          "keep what they have.");
      return [options](Call& call) { return erase(*options, call); };
    }};

}  // namespace
}  // namespace command
