// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/stores/detail/message_writer.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/detail/session_statements.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/stores/session_store_records.ipp"
#include "heddle/stores/session_store_saves.ipp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"

#include <concepts>
#include <string>
#include <string_view>

// The operation of SessionStore that folds messages.
namespace heddle {
namespace stores::detail {

inline constexpr Refusal overlaps_fold{
    ErrorCode::conflict, "the session",
    "has a fold that overlaps this range and is neither in it nor around it: choose a range with all of that fold or "
    "none of it"};

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` for a range that no session can have.
void check_range(const std::same_as<SequenceRange> auto& range) {
  if (range.first < 1) { validation::refuse("range.first", "is not a sequence number: the first message has 1"); }
  validation::check_sequence("range.last", range.last);
  if (range.last < range.first) { validation::refuse("range", "is empty"); }
}

/// Writes a fold and its snapshot.
template <class Policy>
class FoldWriter {
 public:
  FoldWriter(const std::string& session_id, const SequenceRange& range, const MemorySnapshot& snapshot,
             const AppendOptions& options)
      : session_id_(session_id), range_(range), snapshot_(snapshot), options_(options) {
    validation::check_id("session_id", session_id);
    check_range(range);
    check_expected(options);
    if (snapshot.session_id.empty()) { snapshot_.session_id = session_id; }
    if (snapshot_.session_id != session_id) {
      validation::refuse("snapshot.session_id", "is neither empty nor the id of the session");
    }
    validation::check("snapshot", snapshot_);
    validation::check_tokens("snapshot.token_count", snapshot.token_count);
  }

  [[nodiscard]] std::string fingerprint() const {
    return sql::fingerprint(std::string_view(session_id_), range_.first, range_.last, snapshot_);
  }

  /// The unit of work; its Answer is the id of the snapshot.
  template <class Transaction>
  void operator()(Transaction& tx) const {
    const std::string_view user = tx.user_id();
    const auto& sql = fold_statements<Policy>();
    const auto& branches = branch_statements<Policy>();
    tx.require(no_such_session.of(session_id_), branches.hold, user, session_id_);
    require_end<Policy>(tx, session_id_, options_);
    tx.require(ends_before.of(session_id_), branches.reaches, user, session_id_, range_.last);
    tx.require(overlaps_fold.of(session_id_), sql.fits, user, session_id_, range_.first, range_.last);
    tx.require(snapshot_id_taken.of(id_), session_statements<Policy>().save_snapshot, user, id_, Body{snapshot_},
               created_at_);
    tx.run(sql.remove_same, user, session_id_, range_.first, range_.last);
    tx.run(sql.insert_summary, user, snapshot_.content, snapshot_.token_count, created_at_);
    tx.run(sql.insert_start, user, session_id_);
    tx.run(sql.insert, user, session_id_, range_.first, range_.last);
    tx.run(sql.enclose, user, session_id_, range_.first, range_.last);
    tx.answer(id_);
  }

 private:
  using Body = heddle::sql::Fields<MemorySnapshot, typename Policy::Dialect::Sessions::SnapshotVerbatim>;

  const std::string& session_id_;
  const SequenceRange& range_;
  MemorySnapshot snapshot_;
  const AppendOptions& options_;
  const std::string id_ = snapshot_.id.empty() ? heddle::detail::crypto::random_uuid() : snapshot_.id;
  const Timestamp created_at_ = or_now(snapshot_.created_at);
};

}  // namespace stores::detail

template <class Policy, class Tracer>
std::string SessionStore<Policy, Tracer>::fold_messages(const Context& context, const std::string& session_id,
                                                        const SequenceRange& range, const MemorySnapshot& snapshot,
                                                        const AppendOptions& options) {
  return gateway_.run(context, Operation::fold_messages, [&](auto& passage) {
    const stores::detail::FoldWriter<Policy> work(session_id, range, snapshot, options);
    return passage
        .write_once(
            options.idempotency_key, session_id, [&work] { return work.fingerprint(); }, work)
        .text;
  });
}

}  // namespace heddle
