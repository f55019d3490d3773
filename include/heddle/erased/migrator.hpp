#pragma once

#include "heddle/context.hpp"
#include "heddle/erased/interface.hpp"
#include "heddle/model/migration_status.hpp"

#include <cstdint>
#include <vector>

namespace heddle::erased {

/// Migrates the schema of any backend to a version, step by step; see BackendMigrator.
class Migrator : public Interface {
 public:
  /// What a backend without it cannot do, for the error message.
  static constexpr const char* description = "run migrations step by step";

  /// @name Operations, which BackendMigrator specifies
  ///@{
  [[nodiscard]] virtual std::int32_t current_version(const Context& context = {}) = 0;
  [[nodiscard]] virtual std::int32_t latest_version(const Context& context = {}) = 0;
  [[nodiscard]] virtual std::vector<AppliedMigration> applied(const Context& context = {}) = 0;
  [[nodiscard]] virtual std::vector<PendingMigration> pending(const Context& context = {}, std::int32_t target = 0) = 0;
  virtual void up(const Context& context = {}, std::int32_t target = 0) = 0;
  virtual void down(const Context& context, std::int32_t steps) = 0;
  virtual void to(const Context& context, std::int32_t target) = 0;
  ///@}
};

/// Implements `Migrator` with a backend.
template <class Backend>
class MigratorModel final : public Migrator {
 public:
  explicit MigratorModel(Backend& backend) : backend_(backend) {}

  std::int32_t current_version(const Context& context) override { return backend_.migrator().current_version(context); }
  std::int32_t latest_version(const Context& context) override { return backend_.migrator().latest_version(context); }
  std::vector<AppliedMigration> applied(const Context& context) override {
    return backend_.migrator().applied(context);
  }
  std::vector<PendingMigration> pending(const Context& context, std::int32_t target) override {
    return backend_.migrator().pending(context, target);
  }
  void up(const Context& context, std::int32_t target) override { backend_.migrator().up(context, target); }
  void down(const Context& context, std::int32_t steps) override { backend_.migrator().down(context, steps); }
  void to(const Context& context, std::int32_t target) override { backend_.migrator().to(context, target); }

 private:
  Backend& backend_;
};

}  // namespace heddle::erased
