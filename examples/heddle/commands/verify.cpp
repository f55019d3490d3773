#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/error.hpp>
#include <heddle/model/artifact.hpp>
#include <heddle/model/session_list.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <unistd.h>

namespace command {
namespace {

/// Reads all that tenants have, and looks whether it is whole.
class Verifier {
 public:
  Verifier(Call& call, Database& database) : call_(call), database_(database) {}

  /// Counts what tenants have to be read, for the bar. That takes a small part of the time that reading does.
  void count(const std::vector<std::string>& tenants) {
    try {
      for (const std::string& user : tenants) { count_of(call_.context_of(user)); }
    } catch (const heddle::Error& error) {
      // It is reported where it is read.
      if (error.code() != heddle::ErrorCode::data_loss) { throw; }
      total_ = 0;
    }
  }

  void verify(const std::string& user) {
    user_ = user;
    const heddle::Context tenant = call_.context_of(user);
    auto& sessions = database_.backend.session_storage();
    for_each_of([&](const heddle::PageRequest& page) { return sessions.find_sessions(tenant, {}, page); }, 0,
                [&](const heddle::SessionSummary& session) {
                  examine("session " + session.id, [&] { read(tenant, session); });
                });
    auto& artifacts = database_.backend.artifact_store();
    for_each_of([&](const heddle::PageRequest& page) { return artifacts.list(tenant, {}, page); }, 0,
                [&](const heddle::Artifact& artifact) {
                  examine("artifact " + artifact.id, [&] { verify_versions(tenant, artifact); });
                });
  }

  void report(std::size_t tenants) {
    progress_.reset();
    if (call_.json()) {
      call_.out() << JsonLine()
                         .add("tenants", static_cast<std::int64_t>(tenants))
                         .add("sessions", sessions_)
                         .add("messages", messages_)
                         .add("contents", contents_)
                         .add("problems", problems_)
                         .line();
      return;
    }
    call_.out() << "read " << counted(messages_, "message", "messages") << " in "
                << counted(sessions_, "session", "sessions") << " of "
                << counted(static_cast<std::int64_t>(tenants), "tenant", "tenants") << ", and "
                << counted(contents_, "content", "contents") << " of artifacts: "
                << (problems_ == 0 ? call_.colours().green("no problem")
                                   : call_.colours().red(counted(problems_, "problem", "problems")))
                << "\n";
  }

  [[nodiscard]] bool has_problems() const noexcept { return problems_ > 0; }

 private:
  void count_of(const heddle::Context& tenant) {
    auto& sessions = database_.backend.session_storage();
    for_each_of([&](const heddle::PageRequest& page) { return sessions.find_sessions(tenant, {}, page); }, 0,
                [&](const heddle::SessionSummary& session) { total_ += session.last_sequence; });
    auto& artifacts = database_.backend.artifact_store();
    for_each_of([&](const heddle::PageRequest& page) { return artifacts.list(tenant, {}, page); }, 0,
                [&](const heddle::Artifact& artifact) { total_ += artifact.version; });
  }

  /// Calls `look`; damage is a problem, what was removed meanwhile is none, any other failure ends the verification.
  template <class Look>
  void examine(const std::string& what, Look&& look) {
    try {
      look();
    } catch (const heddle::Error& error) {
      if (error.code() == heddle::ErrorCode::data_loss) {
        add_problem(what, error.what());
      } else if (error.code() != heddle::ErrorCode::not_found) {
        throw;
      }
    }
    progress_.emplace_or_get().show(messages_ + contents_, total_);
  }

  void read(const heddle::Context& tenant, const heddle::SessionSummary& session) {
    std::int64_t expected = 0;
    bool has_gap = false;
    // Messages may come meanwhile, and the session may be deleted.
    database_.backend.session_storage().for_each_message(tenant, session.id, [&](const heddle::Message& message) {
      call_.check();
      has_gap = has_gap || message.sequence != ++expected;
      ++messages_;
    });
    ++sessions_;
    if (has_gap) { add_problem("session " + session.id, "its messages have gaps"); }
  }

  void verify_versions(const heddle::Context& tenant, const heddle::Artifact& artifact) {
    auto& artifacts = database_.backend.artifact_store();
    for_each_of([&](const heddle::PageRequest& page) { return artifacts.versions(tenant, artifact.id, page); }, 0,
                [&](const heddle::ArtifactVersion& version) {
                  const heddle::ContentState state = artifacts.verify(tenant, artifact.id, version.version);
                  ++contents_;
                  if (state == heddle::ContentState::intact) { return; }
                  add_problem("artifact " + artifact.id + ", version " + std::to_string(version.version),
                              "its content is " + std::string(to_string(state)));
                });
  }

  void add_problem(const std::string& what, const std::string& why) {
    ++problems_;
    progress_.reset();
    if (call_.json()) {
      call_.out() << JsonLine().add("tenant", user_).add("what", what).add("problem", why).line();
    } else {
      call_.out() << call_.colours().red("problem") << " tenant " << in_one_line(user_, 80) << ", "
                  << in_one_line(what, 120) << ": " << printable(why) << "\n";
    }
  }

  /// A bar that is removed before a line is printed, and drawn again.
  class Bar {
   public:
    Progress& emplace_or_get() {
      if (!bar_) { bar_.emplace("verifying"); }
      return *bar_;
    }
    void reset() { bar_.reset(); }

   private:
    std::optional<Progress> bar_;
  };

  Call& call_;
  Database& database_;
  Bar progress_;
  std::string user_;
  std::int64_t sessions_ = 0;
  std::int64_t messages_ = 0;
  std::int64_t contents_ = 0;
  std::int64_t total_ = 0;  ///< of messages and contents; 0: not known
  std::int64_t problems_ = 0;
};

ExitCode verify(Call& call) {
  Database database = call.open(Access::read);
  Verifier verifier(call, database);
  const std::vector<std::string> tenants = call.tenants(database);
  if (is_terminal(STDERR_FILENO)) { verifier.count(tenants); }
  for (const std::string& user : tenants) { verifier.verify(user); }
  verifier.report(tenants.size());
  return verifier.has_problems() ? ExitCode::problem : ExitCode::done;
}

const Command command_of_verify{
    Command::Group::look, "verify", "Read all messages and all contents of artifacts, and look for damage",
    [](CLI::App& app) -> Run {
      app.footer(
          "Of one tenant with --user, else of all that the database lists. Exits with 1 if something is damaged.");
      return &verify;
    }};

}  // namespace
}  // namespace command
