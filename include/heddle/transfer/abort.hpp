// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/refusal.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/transfer/control_statements.hpp"

#include <cstdint>

namespace heddle::transfer {

inline constexpr Refusal abort_was_ended{ErrorCode::conflict, "the import",
                                         "was undone by another call, or an erasure of the tenant has begun"};

/// Removes what an import has written, in batches. Returns false if there was none. Each batch looks whether the import
/// is still the one to undo: another call can have ended that, and a new one begun.
template <class Policy, class Passage>
bool abort(Passage& passage) {
  using Sql = typename Policy::Dialect::Language;
  const auto& control = sql::statements<ControlStatements<Sql>>();
  constexpr std::int64_t batch = 50;
  if (!passage.write([&](auto& tx) { return tx.one(control.abort, tx.user_id()); })) { return false; }
  const auto write = [&](auto&& work) {
    return passage.write([&](auto& tx) {
      tx.require(abort_was_ended, control.hold_abort, tx.user_id());
      return work(tx);
    });
  };
  const auto remove_all = [&](const auto& statement) {
    while (write([&](auto& tx) { return tx.run(statement, tx.user_id(), batch); }) != 0) { passage.context().check(); }
  };
  // Before any session is removed, and its folds and branches with it: on SQLite the numbers of summaries and branches
  // are used again then, by other tenants, too.
  write([&](auto& tx) {
    const auto user = tx.user_id();
    tx.run(control.drop_summaries, user);
    tx.run(control.forget_summaries, user);
    tx.run(control.end_branches, user);
    tx.run(control.forget_branches, user);
    return [] {};
  });
  remove_all(control.remove_sessions);
  remove_all(control.remove_artifacts);
  write([&](auto& tx) {
    const auto user = tx.user_id();
    tx.run(control.abandon_uploads, user);
    tx.run(control.drop_contents, user);
    tx.run(control.remove_results, user);
    tx.run(control.remove_keys, user);
    tx.run(control.forget_numbers, user);
    tx.run(control.forget, user);
    return [] {};
  });
  return true;
}

}  // namespace heddle::transfer
