#include "../command.hpp"
#include "../counts.hpp"

#include <heddle/error.hpp>
#include <heddle/transfer.hpp>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <ostream>
#include <span>
#include <string>

#include <poll.h>
#include <unistd.h>

namespace command {
namespace {

struct Options {
  std::string file{};
  bool abort = false;
  bool skip = false;
  bool into_other_tenant = false;
  bool quota = false;
};

/// Reads from the standard input; ^C ends the wait for it.
std::size_t read_input(std::span<char> buffer, Call& call) {
  for (;;) {
    call.check();
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    constexpr int patience_ms = 100;
    if (::poll(&input, 1, patience_ms) <= 0) { continue; }
    const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size >= 0) { return static_cast<std::size_t>(size); }
    if (errno != EINTR) { throw heddle::Error(heddle::ErrorCode::unavailable, "the standard input cannot be read"); }
  }
}

/// The stream: a file, or the standard input.
heddle::ContentSource source_of(const Options& options, Call& call) {
  if (options.file != "-") {
    if (!std::filesystem::exists(options.file)) {
      throw heddle::Error(heddle::ErrorCode::not_found, "there is no file " + options.file);
    }
    return heddle::ContentSource(std::filesystem::path(options.file));
  }
  return heddle::ContentSource([&call](std::span<char> buffer) { return read_input(buffer, call); });
}

ExitCode undo(Database& database, const heddle::Context& tenant, Call& call) {
  const bool is_aborted = heddle::abort_import(database.backend, tenant);
  if (call.json()) {
    call.out() << JsonLine().add("tenant", tenant.user_id).add("aborted", is_aborted).line();
  } else {
    call.out() << (is_aborted ? "the import was undone\n" : "there was no import to undo\n");
  }
  return ExitCode::done;
}

void report(const heddle::ImportReport& report, const Options& options, const std::string& user, Call& call) {
  const auto quota = report.counts.find("artifact_quota");
  const bool quota_left_out = !options.quota && quota != report.counts.end() && quota->second != 0;
  if (!call.json()) {
    call.out() << "imported " << (options.skip ? "a stream of " : "") << counted(report.records, "record", "records")
               << " for " << in_one_line(user, 80) << (options.skip ? ", without what was there already" : "")
               << (report.resumed ? ", going on with an earlier import" : "") << "\n"
               << counts_text(report.counts);
    if (quota_left_out) {
      call.out() << "the quota of artifacts was left out: --quota sets it, with --skip also now\n";
    }
    return;
  }
  JsonLine json;
  json.add("tenant", user).add("records", report.records).add("resumed", report.resumed);
  json.add("checksum", report.checksum).add("quota_left_out", quota_left_out);
  add_counts(json, report.counts);
  call.out() << json.line();
}

ExitCode import_tenant(const Options& options, Call& call) {
  if (options.file.empty() && !options.abort) {
    throw heddle::Error(heddle::ErrorCode::invalid_argument, "name the file to import; - is the standard input");
  }
  call.when_interrupted(
      options.abort ? "run `heddle import --abort` again to remove the rest"
                    : "run the same command again to go on, or `heddle import --abort` to undo what was imported");
  Database database = call.open(Access::write);
  const heddle::Context tenant = call.tenant(database);
  if (options.abort) { return undo(database, tenant, call); }
  heddle::ImportReport done;
  {
    Progress progress("importing");
    heddle::ImportOptions how{
        .on_conflict = options.skip ? heddle::OnConflict::skip : heddle::OnConflict::fail,
        .into_other_tenant = options.into_other_tenant,
        .artifact_quota = options.quota,
        .on_progress = [&](const heddle::ImportProgress& so_far) { progress.show(so_far.stored, so_far.records); }};
    done = heddle::import_user(database.backend, tenant, source_of(options, call), how);
  }
  report(done, options, tenant.user_id, call);
  return ExitCode::done;
}

const Command command_of_import{
    Command::Group::move, "import", "Store a stream of `heddle export` for a tenant", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("FILE", options->file, "The stream; - is the standard input");
      app.add_flag("--abort", options->abort, "Undo an import of the tenant that has not ended");
      app.add_flag("--skip", options->skip, "Leave out what the tenant has already; else an import into it is refused");
      app.add_flag("--into-other-tenant", options->into_other_tenant, "The stream may be of another tenant");
      app.add_flag(
          "--quota", options->quota,
          "Set the quota of artifacts of the stream, too, or none if it has none; with --skip only where there is "
          "none. Only for a stream that no tenant can change");
      app.footer(
          "All of the stream is verified before anything is written. An import that was interrupted goes on when "
          "the same command is run again.");
      return [options](Call& call) { return import_tenant(*options, call); };
    }};

}  // namespace
}  // namespace command
