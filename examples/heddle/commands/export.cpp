#include "../command.hpp"
#include "../counts.hpp"
#include "../export_bar.hpp"

#include <heddle/error.hpp>
#include <heddle/transfer.hpp>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace command {
namespace {

struct Options {
  std::string file{};
  bool force = false;
};

[[noreturn]] void refuse(heddle::ErrorCode code, const std::string& why) { throw heddle::Error(code, why); }

/// A file that gets its name only when it is whole.
class WholeFile {
 public:
  WholeFile(std::filesystem::path path, bool may_replace)
      : path_(std::move(path)), partial_(path_.string() + ".XXXXXX"), may_replace_(may_replace) {
    require_free_name();
    // A new file, which no other export writes, and for its owner only: it has all that the tenant has said.
    const int descriptor = ::mkstemp(partial_.data());
    if (descriptor >= 0) {
      ::close(descriptor);
      stream_.open(partial_, std::ios::binary);
    }
    if (!stream_.is_open()) {
      refuse(heddle::ErrorCode::permission_denied,
             "the file cannot be made: " + path_.string() + ": " + std::generic_category().message(errno));
    }
  }
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;
  WholeFile(WholeFile&&) = delete;
  WholeFile& operator=(WholeFile&&) = delete;
  ~WholeFile() {
    std::error_code ignored;
    if (!is_whole_) { std::filesystem::remove(partial_, ignored); }
  }

  void write(std::string_view bytes) {
    if (!stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
      refuse(heddle::ErrorCode::resource_exhausted, "the file cannot be written: " + path_.string());
    }
  }
  void finish() {
    stream_.close();
    if (!stream_) { write({}); }
    require_free_name();
    std::filesystem::rename(partial_, path_);
    is_whole_ = true;
  }

 private:
  void require_free_name() const {
    if (!may_replace_ && std::filesystem::exists(path_)) {
      refuse(heddle::ErrorCode::already_exists, "the file exists already: " + path_.string() + "; or say --force");
    }
  }

  std::filesystem::path path_;
  std::string partial_;
  bool may_replace_;
  std::ofstream stream_;
  bool is_whole_ = false;
};

void report(const heddle::ExportReport& report, const std::string& user, Call& call) {
  if (!call.json()) {
    std::cerr << "exported " << counted(report.records, "record", "records") << " of " << in_one_line(user, 80) << ", "
              << in_bytes(static_cast<double>(report.bytes))
              << (report.records == 0 ? ": the tenant has no data" + call.other_tenants() : "") << "\n";
    return;
  }
  JsonLine json;
  json.add("tenant", user).add("records", report.records).add("bytes", report.bytes);
  json.add("checksum", report.checksum);
  add_counts(json, report.counts);
  // The standard output can be the stream.
  std::cerr << json.line();
}

ExitCode export_tenant(const Options& options, Call& call) {
  call.when_interrupted("nothing is left of the export; run the same command again");
  const bool is_file = options.file != "-";
  if (!is_file && is_terminal(STDOUT_FILENO)) {
    // Nothing in it is meant for a terminal.
    refuse(heddle::ErrorCode::invalid_argument, "name a file, or a program: heddle export | ...");
  }
  Database database = call.open(Access::read);
  const heddle::Context tenant = call.tenant(database);
  std::unique_ptr<WholeFile> file;
  if (is_file) { file = std::make_unique<WholeFile>(options.file, options.force); }
  heddle::ExportReport done;
  {
    ExportBar bar(database.backend, tenant, "exporting");
    done = heddle::export_user(database.backend, tenant, [&](std::string_view piece) {
      call.check();
      if (file) {
        file->write(piece);
      } else {
        call.out().write(piece.data(), static_cast<std::streamsize>(piece.size()));
        if (!call.out()) { refuse(heddle::ErrorCode::unavailable, "the output cannot be written"); }
      }
      bar.add(piece);
    });
  }
  if (file) { file->finish(); }
  report(done, tenant.user_id, call);
  return ExitCode::done;
}

const Command command_of_export{
    Command::Group::move, "export", "Write all data of a tenant to a stream of JSON lines", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      options->file = "-";
      app.add_option("FILE", options->file, "Where to. Else, or with -, the standard output");
      app.add_flag("--force", options->force, "Replace a file that exists");
      return [options](Call& call) { return export_tenant(*options, call); };
    }};

}  // namespace
}  // namespace command
