#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/gateway.hpp"
#include "heddle/sql/migrator.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/tracing.hpp"

namespace heddle {

template <class Policy, class TracerType = NoTracing>
class Backend {
 public:
  explicit Backend(typename Policy::Config config, TracerType tracer = {})
      : engine_(std::move(config)), tracer_(std::move(tracer)), gateway_(engine_, tracer_), sessions_(gateway_) {}
  SessionStore<Policy, TracerType>& session_storage() { return sessions_; }
  void migrate(const Context& context = {}) {
    gateway_.pass(context, "migrate", [&](const Call& call) {
      sql::Migrator migrator(engine_.schema(call), Policy::migrations());
      migrator.up();
    });
  }
 private:
  typename Policy::Engine engine_;
  TracerType tracer_;
  detail::Gateway<Policy, TracerType> gateway_;
  SessionStore<Policy, TracerType> sessions_;
};
}
