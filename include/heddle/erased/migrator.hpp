#pragma once

#include "heddle/context.hpp"
#include "heddle/erased/interface.hpp"
#include "heddle/migrations/migration.hpp"

#include <concepts>
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

/// A backend whose migrations can be run step by step, up and down.
template <class T>
concept HasMigrator = requires(T& backend, const Context& context, std::int32_t number) {
  { backend.migrator().current_version(context) } -> std::same_as<std::int32_t>;
  { backend.migrator().latest_version(context) } -> std::same_as<std::int32_t>;
  { backend.migrator().applied(context) } -> std::same_as<std::vector<AppliedMigration>>;
  { backend.migrator().pending(context, number) } -> std::same_as<std::vector<PendingMigration>>;
  backend.migrator().up(context, number);
  backend.migrator().down(context, number);
  backend.migrator().to(context, number);
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
