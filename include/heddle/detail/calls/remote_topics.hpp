// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::detail::calls {

/// The topics for which calls of this process wait, as other processes name them. A notification of any other topic
/// wakes no call: anyone who may connect to the database can send one. Many threads may use it.
/// `Heard`: the database notifies of changes at all.
template <bool Heard>
class RemoteTopics {
  using Names = std::multimap<std::string, std::string, std::less<>>;

 public:
  /// A call that waits for a topic, as long as the object lives.
  class Waiting {
   public:
    Waiting(RemoteTopics& topics, std::string remote, std::string local) : topics_(topics) {
      const std::lock_guard lock(topics_.mutex_);
      // Under the lock.
      // NOLINTNEXTLINE(cppcoreguidelines-prefer-member-initializer)
      place_ = topics_.names_.emplace(std::move(remote), std::move(local));
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    Waiting(Waiting&&) = delete;
    Waiting& operator=(Waiting&&) = delete;
    ~Waiting() {
      const std::lock_guard lock(topics_.mutex_);
      topics_.names_.erase(place_);
    }

   private:
    RemoteTopics& topics_;
    typename Names::iterator place_{};
  };

  /// Returns the name of a topic in this process; nothing if no call waits for it.
  [[nodiscard]] std::optional<std::string> local(std::string_view remote) const {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(remote);
    return found == names_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  mutable std::mutex mutex_{};
  Names names_{};
};

/// For a database without notifications.
template <>
class RemoteTopics<false> {
 public:
  class Waiting {};
};

}  // namespace heddle::detail::calls
