// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/detail/calls/change_signal.hpp"
#include "heddle/detail/calls/remote_topics.hpp"
#include "heddle/error.hpp"
#include "heddle/sql/statement.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What calls tell those that wait in other processes, if the database supports it.
namespace heddle::stores {

template <class Policy>
using RemoteTopicsOf = heddle::detail::calls::RemoteTopics<concepts::HearsChanges<Policy>>;

/// How long to try to announce a change to other processes.
inline constexpr std::chrono::milliseconds announcement_patience{500};

/// Notifies other processes of a committed change, if the database supports it. Ignores errors, as the change is stored
/// and a waiting call looks for it from time to time.
template <class Policy, class Passage>
void announce([[maybe_unused]] Passage& passage, [[maybe_unused]] const std::string& id) {
  if constexpr (concepts::HearsChanges<Policy>) {
    try {
      passage.write_within(passage.context().with_timeout(announcement_patience), [&](auto& tx) {
        tx.run(sql::statements<typename Policy::Dialect::Announcements>().changed, id);
      });
    } catch (...) {
      // As documented: no error of this may look like one of the change.
    }
  }
}

/// Returns the topics by which other processes announce changes of requests, in the order of the ids; none if the role
/// may not ask for them.
template <class Policy, class Passage>
[[nodiscard]] std::vector<std::string> remote_topics(Passage& passage, std::span<const std::string> ids) {
  try {
    return passage.read([&](auto& tx) {
      const auto& statement = sql::statements<typename Policy::Dialect::Announcements>().topic;
      std::vector<decltype(tx.one(statement, ids.front()))> rows;
      rows.reserve(ids.size());
      for (const std::string& id : ids) { rows.push_back(tx.one(statement, id)); }
      return [rows = std::move(rows)]() mutable {
        std::vector<std::string> topics;
        topics.reserve(rows.size());
        for (auto& row : rows) {
          auto topic = row();
          if (!topic || topic->empty()) { return std::vector<std::string>(); }
          topics.push_back(*std::move(topic));
        }
        return topics;
      };
    });
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unavailable) { throw; }
    passage.context().check();
    return {};
  }
}

/// Passes notifications of other processes to the threads that wait in this one, if the database supports it.
template <class Policy, class Passage>
void subscribe_to_changes([[maybe_unused]] Passage& passage,
                          [[maybe_unused]] heddle::detail::calls::ChangeSignal& changes,
                          [[maybe_unused]] const RemoteTopicsOf<Policy>& remote) {
  if constexpr (concepts::HearsChanges<Policy>) {
    passage.ask_engine([&](auto& engine, const Call& /*call*/) {
      engine.listen([&changes, &remote](std::string_view topic) {
        if (topic.empty()) { return changes.notify_all(); }
        if (const auto local = remote.local(topic)) { changes.notify(*local); }
      });
    });
  }
}

/// Lets a waiting call hear what other processes announce, if the database supports it.
template <class Policy>
class RemoteWait {
 public:
  /// `local` are the names of the topics in this process.
  RemoteWait(RemoteTopicsOf<Policy>& topics, std::span<const std::string> local) : topics_(topics), local_(local) {}

  /// Begins to hear changes of these requests, one for each topic, if it can. Returns false if it does not begin now.
  template <class Passage>
  bool begin([[maybe_unused]] Passage& passage, [[maybe_unused]] std::span<const std::string> ids) {
    if constexpr (concepts::HearsChanges<Policy>) {
      if (!waiting_.empty() || is_refused_ || !is_listening(passage)) { return false; }
      std::vector<std::string> remote = remote_topics<Policy>(passage, ids);
      is_refused_ = remote.empty();
      for (std::size_t index = 0; index < remote.size(); ++index) {
        waiting_.push_back(std::make_unique<typename RemoteTopicsOf<Policy>::Waiting>(topics_, std::move(remote[index]),
                                                                                      local_[index]));
      }
      return !is_refused_;
    }
    return false;
  }

  /// Returns true while notifications of other processes are received.
  template <class Passage>
  [[nodiscard]] bool hears([[maybe_unused]] Passage& passage) const {
    if constexpr (concepts::HearsChanges<Policy>) { return !waiting_.empty() && is_listening(passage); }
    return false;
  }

 private:
  template <class Passage>
  static bool is_listening(Passage& passage) {
    return passage.ask_engine([](auto& engine, const Call& /*call*/) { return engine.is_listening(); });
  }

  RemoteTopicsOf<Policy>& topics_;
  std::span<const std::string> local_;
  // Pointers, because a Waiting does not move.
  std::vector<std::unique_ptr<typename RemoteTopicsOf<Policy>::Waiting>> waiting_{};
  bool is_refused_ = false;
};

}  // namespace heddle::stores
