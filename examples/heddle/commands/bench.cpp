#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/error.hpp>
#include <heddle/model/message.hpp>
#include <heddle/model/message_window.hpp>
#include <heddle/model/search.hpp>
#include <heddle/model/session.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace command {
namespace {

struct Options {
  std::int64_t messages = 2000;
  int threads = 1;
  std::string folder = ".";
};

/// What the runs write belongs to this tenant.
constexpr const char* tenant_of_runs = "heddle-bench";

/// Times of calls of one kind.
struct Series {
  std::string name{};
  std::vector<double> microseconds{};
  double seconds = 0;  ///< from the first to the last
};

/// Calls `work(number)` so many times, by so many threads.
template <class Work>
Series measure(std::string name, std::int64_t times, int threads, Call& call, Work&& work) {
  using Clock = std::chrono::steady_clock;
  Series series{.name = std::move(name)};
  Progress progress(series.name);
  std::atomic<std::int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto start = Clock::now();
  const auto run = [&] {
    std::vector<double> own;
    try {
      for (std::int64_t number = next++; number < times; number = next++) {
        const auto begin = Clock::now();
        work(number);
        own.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
        const std::lock_guard lock(mutex);
        progress.show(number, times);
      }
    } catch (...) {
      next = times;
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    series.microseconds.insert(series.microseconds.end(), own.begin(), own.end());
  };
  {
    std::vector<std::jthread> all;
    all.reserve(static_cast<std::size_t>(threads));
    for (int thread = 0; thread < threads; ++thread) { all.emplace_back(run); }
  }
  if (failure) { std::rethrow_exception(failure); }
  call.check();
  series.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::sort(series.microseconds.begin(), series.microseconds.end());
  return series;
}

double at_share(const Series& series, double share) {
  if (series.microseconds.empty()) { return 0; }
  const auto last = static_cast<double>(series.microseconds.size() - 1);
  return series.microseconds[static_cast<std::size_t>(share * last)];
}

std::string in_microseconds(double number) { return with_commas(static_cast<std::int64_t>(number)) + " us"; }

void report(const std::vector<Series>& all, Call& call) {
  Table table({"OPERATION", "A SECOND", "MEDIAN", "99%"});
  for (const Series& each : all) {
    const double rate = each.seconds > 0 ? static_cast<double>(each.microseconds.size()) / each.seconds : 0;
    if (call.json()) {
      call.out() << JsonLine()
                        .add("operation", each.name)
                        .add("per_second", rate)
                        .add("median_us", at_share(each, 0.5))
                        .add("p99_us", at_share(each, 0.99))
                        .line();
    } else {
      table.add({each.name, with_commas(static_cast<std::int64_t>(rate)), in_microseconds(at_share(each, 0.5)),
                 in_microseconds(at_share(each, 0.99))});
    }
  }
  if (!call.json()) { call.out() << table.text(call.colours()); }
}

/// The sessions of a run; removed in the end, also after ^C.
class Sessions {
 public:
  Sessions(heddle::AnyBackend& backend, const heddle::Context& tenant, int count) : Sessions(backend) {
    // From here on the destructor runs, whatever fails.
    const std::string run = std::to_string(heddle::microseconds_of(heddle::now()));
    for (int number = 0; number < count; ++number) {
      ids_.push_back("bench-" + run + "-" + std::to_string(number));
      backend_.session_storage().ensure_session(tenant, {.id = ids_.back(), .name = "bench", .agent_id = "bench"});
    }
  }
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;
  Sessions(Sessions&&) = delete;
  Sessions& operator=(Sessions&&) = delete;
  ~Sessions() {
    for (const std::string& id : ids_) {
      try {
        backend_.session_storage().delete_session(heddle::Context::for_user(tenant_of_runs), id);
      } catch (const std::exception& failure) { static_cast<void>(failure); }
    }
  }

  [[nodiscard]] const std::string& of(std::int64_t number) const {
    return ids_[static_cast<std::size_t>(number) % ids_.size()];
  }

 private:
  explicit Sessions(heddle::AnyBackend& backend) : backend_(backend) {}

  heddle::AnyBackend& backend_;
  std::vector<std::string> ids_;
};

/// A folder for the database of a run; removed in the end, also after ^C.
class Folder {
 public:
  explicit Folder(const std::string& parent) {
    std::string name = (std::filesystem::path(parent) / "heddle-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) { throw std::system_error(errno, std::generic_category(), parent); }
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  Folder(Folder&&) = delete;
  Folder& operator=(Folder&&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

void run(const Options& options, Database& database, Call& call);

ExitCode bench(const Options& options, Call& call) {
  call.when_interrupted("what the run has written was removed");
  if (!call.database().name.empty()) {
    Database database = call.open(Access::write);
    if (!call.json()) {
      call.out() << "the database that is named, as tenant " << tenant_of_runs
                 << "; what is written is removed in the end\n";
    }
    run(options, database, call);
    return ExitCode::done;
  }
  const Folder folder(options.folder);
  Database database = open_database({.name = (folder.path() / "bench.db").string()}, Access::fill, call.context());
  if (!call.json()) {
    call.out() << "a new SQLite database in " << printable(options.folder)
               << "; each message is on the disk when its save returns\n";
  }
  run(options, database, call);
  return ExitCode::done;
}

void run(const Options& options, Database& database, Call& call) {
  const heddle::Context tenant = call.context_of(tenant_of_runs);
  auto& storage = database.backend.session_storage();
  const Sessions sessions(database.backend, tenant, options.threads);
  std::string text;
  for (int word = 0; word < 100; ++word) {
    text += (word == 0 ? "" : " ") + ("word" + std::to_string(word * 37 % 101));
  }
  std::vector<Series> all;
  all.push_back(measure("save 100 words", options.messages, options.threads, call, [&](std::int64_t number) {
    storage.save_message(tenant, sessions.of(number), {.content = text});
  }));
  const std::int64_t reads = std::max<std::int64_t>(1, options.messages / 20);
  all.push_back(measure("load 100 messages", reads, options.threads, call, [&](std::int64_t number) {
    static_cast<void>(storage.load_messages(tenant, sessions.of(number), heddle::MessageWindow{.last = 100}));
  }));
  all.push_back(measure("search two words", reads, options.threads, call, [&](std::int64_t number) {
    const std::string query = "word" + std::to_string(number % 101) + " word5";
    static_cast<void>(storage.search_messages(tenant, {.query = query}));
  }));
  report(all, call);
}

const Command command_of_bench{
    Command::Group::work, "bench", "Measure saves, loads and searches on this machine", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("--messages", options->messages, "How many messages to save")
          ->capture_default_str()
          ->check(CLI::Range(1, 1'000'000))
          ->type_name("N");
      app.add_option("--threads", options->threads, "How many threads call at once")
          ->capture_default_str()
          ->check(CLI::Range(1, 256))
          ->type_name("N");
      app.add_option("--folder", options->folder, "Where the new database is made, as disks differ: the current folder")
          ->type_name("FOLDER");
      app.footer(
          "On a new SQLite database, which is removed in the end. If a database is named, by --database or "
          "$HEDDLE_DATABASE, it is measured: sessions of the tenant heddle-bench are written to it, and deleted in the "
          "end. With more threads the saves of SQLite share commits.");
      return [options](Call& call) { return bench(*options, call); };
    }};

}  // namespace
}  // namespace command
