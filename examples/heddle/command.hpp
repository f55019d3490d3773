#pragma once

#include "database.hpp"
#include "exit_codes.hpp"
#include "terminal.hpp"

#include <CLI/CLI.hpp>
#include <heddle/context.hpp>
#include <heddle/options.hpp>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

/// What a command is made of. Each is one file of commands/, which defines a Command; nothing else has to know it.
namespace command {

/// The options that all commands share.
struct Settings {
  DatabaseName database{};
  std::string user{};
  bool json = false;
};

/// One run of a command.
class Call {
 public:
  Call(const Settings& settings, std::stop_token stop) : settings_(settings), stop_(std::move(stop)) {}

  [[nodiscard]] bool json() const noexcept { return settings_.json; }
  [[nodiscard]] const Colours& colours() const noexcept { return colours_; }
  /// The standard output.
  [[nodiscard]] std::ostream& out() const;

  [[nodiscard]] const DatabaseName& database() const noexcept { return settings_.database; }
  /// The same. Throws `invalid_argument` if the command line names none: the default one is not what is meant.
  [[nodiscard]] const DatabaseName& named_database() const;
  [[nodiscard]] Database open(Access access) const { return open_database(settings_.database, access, context()); }

  /// The context of a call that belongs to no tenant: it ends with ^C.
  [[nodiscard]] heddle::Context context() const { return heddle::Context{}.with_stop(stop_); }
  /// The same for a tenant.
  [[nodiscard]] heddle::Context context_of(const std::string& user) const {
    return heddle::Context::for_user(user).with_stop(stop_);
  }
  /// The same for the tenant that the command line names, or the default one. Throws `invalid_argument` if there is
  /// neither.
  [[nodiscard]] heddle::Context tenant(const Database& database) const;
  /// What a message about missing data of a tenant ends with: how to name another, if the command line named none.
  [[nodiscard]] std::string other_tenants() const;
  /// The tenant that the command line names; empty: none.
  [[nodiscard]] const std::string& named_tenant() const noexcept { return settings_.user; }
  /// The tenant that the command line names; else all, if the database can list them, else the default one.
  [[nodiscard]] std::vector<std::string> tenants(Database& database) const;

  /// Throws `cancelled` after ^C.
  void check() const { context().check(); }
  /// What ^C prints from now on: how to go on.
  void when_interrupted(std::string advice) { advice_ = std::move(advice); }
  [[nodiscard]] const std::string& advice() const noexcept { return advice_; }

 private:
  const Settings& settings_;
  std::stop_token stop_;
  Colours colours_;
  std::string advice_ = "nothing was changed";
};

/// Does what the command line says.
using Run = std::function<ExitCode(Call& call)>;

/// A command of the program. It registers itself when it is made, before `main`.
class Command {
 public:
  /// What a command is for: `--help` lists them so.
  enum class Group { look, move, work };
  /// Adds the options and arguments of the command, and returns what runs it.
  using Setup = Run (*)(CLI::App& app);

  Command(Group group, const char* name, const char* description, Setup setup)
      : group_(group), name_(name), description_(description), setup_(setup) {
    all_().push_back(this);
  }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  Command(Command&&) = delete;
  Command& operator=(Command&&) = delete;
  ~Command() = default;

  [[nodiscard]] Group group() const noexcept { return group_; }
  [[nodiscard]] const char* name() const noexcept { return name_; }
  [[nodiscard]] const char* description() const noexcept { return description_; }
  [[nodiscard]] Run set_up(CLI::App& app) const { return setup_(app); }

  /// All commands, by their groups and names.
  [[nodiscard]] static std::vector<const Command*> all();

 private:
  static std::vector<const Command*>& all_();

  Group group_;
  const char* name_;
  const char* description_;
  Setup setup_;
};

/// Reads all pages of a list: `list(request)` returns one, `use(item)` takes each item. Stops after `limit` items if it
/// is not 0.
template <class List, class Use>
void for_each_of(List&& list, std::int64_t limit, Use&& use) {
  heddle::PageRequest request;
  for (std::int64_t count = 0;;) {
    auto page = list(request);
    for (auto& item : page.items) {
      use(item);
      if (++count == limit) { return; }
    }
    if (page.next.empty()) { return; }
    request.cursor = page.next;
  }
}

}  // namespace command
