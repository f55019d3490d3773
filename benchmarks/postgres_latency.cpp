// Saves messages and loads sessions of 100 messages: compares Heddle with the statements of OneByOne, in turn in one
// process, over the Unix socket and over a network with a round trip of 1 ms. If the server's commits wait for the
// disk, both wait for the same disk: compare with the control.
#include "disk.hpp"
#include "measure.hpp"
#include "postgres_setup.hpp"
#include "support/protocol_proxy.hpp"
#include "support/raw_postgres.hpp"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int rounds = 31;
constexpr int in_session = 100;
constexpr int sessions = 200;  // that messages are saved to, in turn

/// How often a round runs each operation: often enough that the scheduler does not decide the result.
struct Amounts {
  int saves = 0;
  int loads = 0;
};

/// One of the two sides over one connection type, with its own sessions.
class Side {
 public:
  Side(std::string name, Amounts in_round, std::function<void(const std::string&, const heddle::Message&)> save_one,
       std::function<std::size_t(const std::string&)> load_one, const std::function<void(const std::string&)>& make)
      : amounts(in_round), name_(std::move(name)), save_one_(std::move(save_one)), load_one_(std::move(load_one)) {
    for (int index = 0; index < sessions; ++index) { make(saved(index)); }
    make(loaded());
    for (int index = 0; index < in_session; ++index) { save_one_(loaded(), long_.next()); }
    // From here on statements are prepared and caches are filled.
    save(short_, amounts.saves);
    load(amounts.loads);
  }

  void save_short(int count) { save(short_, count); }
  void save_long(int count) { save(long_, count); }
  void load(int count) {
    for (int index = 0; index < count; ++index) {
      if (load_one_(loaded()) != in_session) { throw std::runtime_error("messages are missing"); }
    }
  }

  const Amounts amounts;
  std::vector<double> short_times{};  // of one operation, a round each
  std::vector<double> long_times{};
  std::vector<double> load_times{};

 private:
  void save(benchmarks::Messages& messages, int count) {
    for (int index = 0; index < count; ++index) { save_one_(saved(next_++ % sessions), messages.next()); }
  }
  [[nodiscard]] std::string saved(int index) const { return name_ + "-saved-" + std::to_string(index); }
  [[nodiscard]] std::string loaded() const { return name_ + "-loaded"; }

  std::string name_;
  std::function<void(const std::string&, const heddle::Message&)> save_one_;
  std::function<std::size_t(const std::string&)> load_one_;
  benchmarks::Messages short_{7, 20};
  benchmarks::Messages long_{8, 100};
  int next_ = 0;
};

/// Both sides over one connection type.
class Pair {
 public:
  Pair(const std::string& way, const std::string& dsn, Amounts amounts)
      : backend_(benchmarks::PostgresSetup::config(dsn)),
        other_(benchmarks::PostgresSetup::one_by_one(dsn)),
        ours(
            "heddle-" + way, amounts,
            [this](const std::string& id, const auto& message) {
              backend_.session_storage().save_message(context_, id, message);
            },
            [this](const std::string& id) {
              return backend_.session_storage().load_session(context_, id)->messages.items.size();
            },
            [this](const std::string& id) { backend_.session_storage().save_session(context_, {.id = id}); }),
        theirs(
            "other-" + way, amounts,
            [this](const std::string& id, const auto& message) { other_.save_message("user", id, message); },
            [this](const std::string& id) { return other_.load_session("user", id).messages.items.size(); },
            [this](const std::string& id) { other_.save_session("user", id); }) {}

 private:
  heddle::Context context_ = heddle::Context::for_user("user");
  heddle::Backend<heddle::Postgres> backend_;
  benchmarks::OneByOne other_;

 public:
  Side ours;
  Side theirs;
};

void report(const std::string& what, const std::vector<double>& ours, const std::vector<double>& theirs) {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < ours.size(); ++round) { ratios.push_back(ours[round] / theirs[round]); }
  std::printf("%-40s %8.0f µs, one by one %8.0f µs\n", what.c_str(), 1e6 * benchmarks::quantile(ours, 0.5),
              1e6 * benchmarks::quantile(theirs, 0.5));
  benchmarks::print_ratio(what + ", over one by one", ratios);
}

void report_round_trips(support::ProtocolProxy& proxy, const std::string& what, const std::function<void()>& action) {
  proxy.forget_traffic();
  action();
  std::printf("%-40s %8d round trips\n", what.c_str(), proxy.traffic().turns);
}

}  // namespace

int main() {
  benchmarks::PostgresSetup setup;
  support::ProtocolProxy proxy(setup.app_dsn());
  Pair near("socket", setup.app_dsn(), {300, 60});
  Pair far("1ms", proxy.dsn(setup.app_dsn()), {30, 10});
  report_round_trips(proxy, "save a message", [&] { far.ours.save_long(1); });
  report_round_trips(proxy, "save a message, one by one", [&] { far.theirs.save_long(1); });
  report_round_trips(proxy, "load 100 messages", [&] { far.ours.load(1); });
  report_round_trips(proxy, "load 100 messages, one by one", [&] { far.theirs.load(1); });
  proxy.delay(std::chrono::microseconds(500));
  support::RawPostgres superuser(setup.superuser_dsn());

  const std::vector<Side*> sides{&near.ours, &near.theirs, &far.ours, &far.theirs};
  std::vector<double> disk;
  benchmarks::Disk control;
  for (int round = 0; round < rounds; ++round) {
    // As the server does regularly by itself: neither side may suffer from old statistics or dead rows.
    superuser.execute("VACUUM ANALYZE");
    disk.push_back(benchmarks::seconds([&] { control.write(8192); }));
    for (std::size_t index = 0; index < sides.size(); ++index) {
      Side& side = *sides[(index + static_cast<std::size_t>(round)) % sides.size()];
      const Amounts& amounts = side.amounts;
      side.short_times.push_back(benchmarks::seconds([&] { side.save_short(amounts.saves); }) / amounts.saves);
      side.long_times.push_back(benchmarks::seconds([&] { side.save_long(amounts.saves); }) / amounts.saves);
      side.load_times.push_back(benchmarks::seconds([&] { side.load(amounts.loads); }) / amounts.loads);
    }
  }
  std::printf("%-40s %8.0f µs (quartiles %.0f to %.0f)\n", "control: one write that reaches the disk",
              1e6 * benchmarks::quantile(disk, 0.5), 1e6 * benchmarks::quantile(disk, 0.25),
              1e6 * benchmarks::quantile(disk, 0.75));
  report("save 20 words, socket", near.ours.short_times, near.theirs.short_times);
  report("save 100 words, socket", near.ours.long_times, near.theirs.long_times);
  report("save 20 words, 1 ms", far.ours.short_times, far.theirs.short_times);
  report("save 100 words, 1 ms", far.ours.long_times, far.theirs.long_times);
  report("load 100 messages, socket", near.ours.load_times, near.theirs.load_times);
  report("load 100 messages, 1 ms", far.ours.load_times, far.theirs.load_times);
}
