#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/change_signal.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/options.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace heddle {

/// Questions to humans and their answers, on any backend. Satisfies HumanRequestStorage, which says what each operation
/// means. Safe to use from many threads.
template <class Policy, class Tracer>
class HumanRequestStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  /// Made by Backend.
  explicit HumanRequestStore(Gateway& gateway) : gateway_(gateway) {}

  /// Asks; returns the id of the request.
  std::string store(const Context& context, const HumanRequest& request, const WriteOptions& options = {});
  /// Returns the request of this id; nothing if there is none.
  [[nodiscard]] std::optional<HumanRequest> get(const Context& context, const std::string& id);
  /// Changes what an open request asks; false if there is none of this id.
  bool update(const Context& context, const HumanRequest& request, const WriteOptions& options = {});
  /// Returns open requests of the tenant, oldest first.
  [[nodiscard]] Page<HumanRequest> list_pending(const Context& context, const PageRequest& request = {});
  /// Returns requests of a session in any state, newest first.
  [[nodiscard]] Page<HumanRequest> list_by_session(const Context& context, const std::string& session_id,
                                                   const PageRequest& request = {});
  /// Settles an open request, once; returns it as it is from now on.
  HumanRequest respond(const Context& context, const std::string& id, const HumanResponse& response,
                       const WriteOptions& options = {});
  /// Blocks until the request is settled or its time is over; returns it as it is from now on.
  [[nodiscard]] HumanRequest wait(const Context& context, const std::string& id);
  /// Writes the end of all pending requests of the tenant whose time is over; returns how many they were.
  std::int64_t expire(const Context& context, const WriteOptions& options = {});

 private:
  Gateway& gateway_;
  detail::calls::ChangeSignal changes_;
};

}  // namespace heddle
