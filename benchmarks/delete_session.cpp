// Deletes sessions of 100 messages from databases of 10,000 and of 1,000,000 messages, in turn.
#include "heddle/sqlite.hpp"
#include "measure.hpp"
#include "text.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int in_session = 100;
constexpr int rounds = 25;

std::unique_ptr<heddle::Backend<heddle::Sqlite>> filled(const std::string& path, int messages) {
  auto backend = std::make_unique<heddle::Backend<heddle::Sqlite>>(
      heddle::sqlite::Config{.path = path, .durability = heddle::sqlite::Durability::normal});
  backend->migrate();
  benchmarks::TextSource source(7);
  const auto context = heddle::Context::for_user("user");
  for (int session = 0; session < messages / in_session; ++session) {
    const std::string id = benchmarks::numbered("s", session);
    backend->session_storage().save_session(context, {.id = id});
    std::vector<heddle::Message> batch(in_session);
    for (auto& message : batch) { message.content = source.next(30); }
    backend->session_storage().save_messages(context, id, batch);
  }
  return backend;
}

}  // namespace

int main() {
  const auto folder = std::filesystem::temp_directory_path() / "heddle-delete-session";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto context = heddle::Context::for_user("user");
  std::vector<double> ratios;
  {
    const auto small = filled((folder / "small.db").string(), 10'000);
    const auto large = filled((folder / "large.db").string(), 1'000'000);
    for (int round = 0; round < rounds; ++round) {
      const auto erase = [&](auto& backend, int step) {
        const std::string id = benchmarks::numbered("s", round * step);
        return benchmarks::seconds([&] { backend.session_storage().delete_session(context, id); });
      };
      const double in_large = erase(*large, 397);
      const double in_small = erase(*small, 3);
      ratios.push_back(in_large / in_small);
      std::printf("round %2d: %6.2f ms in 10,000 messages, %6.2f ms in 1,000,000\n", round, in_small * 1e3,
                  in_large * 1e3);
    }
  }
  benchmarks::print_ratio("delete 100 messages: in 1,000,000 over in 10,000", ratios);
  std::filesystem::remove_all(folder);
}
