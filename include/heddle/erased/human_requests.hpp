#pragma once

#include "heddle/concepts/human_request_storage.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/interface.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace heddle::erased {

/// The human-request store of any backend; satisfies HumanRequestStorage, which specifies each operation. Many threads
/// may use it.
class HumanRequests : public Interface {
 public:
  /// @name Operations, which HumanRequestStorage specifies
  ///@{
  virtual std::string store(const Context& context, const HumanRequest& request, const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual std::optional<HumanRequest> get(const Context& context, const std::string& id) = 0;
  virtual bool update(const Context& context, const HumanRequest& request, const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual Page<HumanRequest> list_pending(const Context& context, const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual Page<HumanRequest> list_by_priority(const Context& context, const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual Page<HumanRequest> list_by_session(const Context& context, const std::string& session_id,
                                                           const PageRequest& page = {}) = 0;
  virtual HumanRequest respond(const Context& context, const std::string& id, const HumanResponse& response,
                               const WriteOptions& options = {}) = 0;
  virtual HumanRequest cancel(const Context& context, const std::string& id, const WriteOptions& options = {}) = 0;
  virtual HumanRequest wait(const Context& context, const std::string& id) = 0;
  virtual HumanRequest wait_any(const Context& context, const std::vector<std::string>& ids) = 0;
  virtual std::int64_t expire(const Context& context, const WriteOptions& options = {}) = 0;
  virtual HumanRequest expire_one(const Context& context, const std::string& id, const WriteOptions& options = {}) = 0;
  virtual bool remove(const Context& context, const std::string& id, const WriteOptions& options = {}) = 0;
  ///@}
};

/// Implements `HumanRequests` with a human-request store: a reference to it, or a proxy that is stored here.
template <class Store>
class HumanRequestsModel final : public HumanRequests {
 public:
  explicit HumanRequestsModel(Store store) : store_(std::forward<Store>(store)) {}

  std::string store(const Context& context, const HumanRequest& request, const WriteOptions& options) override {
    return store_.store(context, request, options);
  }
  std::optional<HumanRequest> get(const Context& context, const std::string& id) override {
    return store_.get(context, id);
  }
  bool update(const Context& context, const HumanRequest& request, const WriteOptions& options) override {
    return store_.update(context, request, options);
  }
  Page<HumanRequest> list_pending(const Context& context, const PageRequest& page) override {
    return store_.list_pending(context, page);
  }
  Page<HumanRequest> list_by_priority(const Context& context, const PageRequest& page) override {
    return store_.list_by_priority(context, page);
  }
  Page<HumanRequest> list_by_session(const Context& context, const std::string& session_id,
                                     const PageRequest& page) override {
    return store_.list_by_session(context, session_id, page);
  }
  HumanRequest respond(const Context& context, const std::string& id, const HumanResponse& response,
                       const WriteOptions& options) override {
    return store_.respond(context, id, response, options);
  }
  HumanRequest cancel(const Context& context, const std::string& id, const WriteOptions& options) override {
    return store_.cancel(context, id, options);
  }
  HumanRequest wait(const Context& context, const std::string& id) override { return store_.wait(context, id); }
  HumanRequest wait_any(const Context& context, const std::vector<std::string>& ids) override {
    return store_.wait_any(context, ids);
  }
  std::int64_t expire(const Context& context, const WriteOptions& options) override {
    return store_.expire(context, options);
  }
  HumanRequest expire_one(const Context& context, const std::string& id, const WriteOptions& options) override {
    return store_.expire_one(context, id, options);
  }
  bool remove(const Context& context, const std::string& id, const WriteOptions& options) override {
    return store_.remove(context, id, options);
  }

 private:
  Store store_;
};

}  // namespace heddle::erased
