// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/detail/calls/change_signal.hpp"
#include "heddle/detail/calls/remote_topics.hpp"
#include "heddle/error.hpp"
#include "heddle/sql/statement.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

/// Returns the topic by which other processes announce changes of a request; empty if the role may not ask for it.
template <class Policy, class Passage>
[[nodiscard]] std::string remote_topic(Passage& passage, const std::string& id) {
  try {
    return passage
        .read([&](auto& tx) { return tx.one(sql::statements<typename Policy::Dialect::Announcements>().topic, id); })
        .value_or(std::string());
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
  RemoteWait(RemoteTopicsOf<Policy>& topics, const std::string& local) : topics_(topics), local_(local) {}

  /// Begins to hear changes of this request if it can. Returns false if it does not begin now.
  template <class Passage>
  bool begin([[maybe_unused]] Passage& passage, [[maybe_unused]] const std::string& id) {
    if constexpr (concepts::HearsChanges<Policy>) {
      if (waiting_ || is_refused_ || !is_listening(passage)) { return false; }
      std::string topic = remote_topic<Policy>(passage, id);
      is_refused_ = topic.empty();
      if (!is_refused_) { waiting_.emplace(topics_, std::move(topic), local_); }
      return !is_refused_;
    }
    return false;
  }

  /// Returns true while notifications of other processes are received.
  template <class Passage>
  [[nodiscard]] bool hears([[maybe_unused]] Passage& passage) const {
    if constexpr (concepts::HearsChanges<Policy>) { return waiting_ && is_listening(passage); }
    return false;
  }

 private:
  template <class Passage>
  static bool is_listening(Passage& passage) {
    return passage.ask_engine([](auto& engine, const Call& /*call*/) { return engine.is_listening(); });
  }

  RemoteTopicsOf<Policy>& topics_;
  const std::string& local_;
  std::optional<typename RemoteTopicsOf<Policy>::Waiting> waiting_{};
  bool is_refused_ = false;
};

}  // namespace heddle::stores
