// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/validation/text.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// A page of one session's messages, in order of sequence.
class MessagePage {
 public:
  explicit MessagePage(const PageRequest& request)
      : limit_(sql::limit_of(request, limits::page)), after_(sql::read_cursor('m', request.cursor, {}).at) {
    // A sequence number out of range would access the keys of another session.
    if (after_ < 0 || after_ > limits::sequence) { validation::refuse("page.cursor", "does not come from this list"); }
  }

  template <class Transaction, class Statement>
  auto run(Transaction& tx, const Statement& statement, const std::string& session_id) const {
    return tx.all(statement, tx.user_id(), session_id, after_, limit_ + 1);
  }
  [[nodiscard]] Page<Message> page(std::vector<Message> rows) const {
    return sql::make_page('m', std::move(rows), limit_, [](const Message& last) {
      return sql::Position{last.sequence, {}};
    });
  }

 private:
  std::int64_t limit_;
  std::int64_t after_;
};

}  // namespace heddle::stores::detail
