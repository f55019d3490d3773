#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Windows of sessions that are folded, rewound, restored and forked, compared with plain lists.

namespace {

/// What one branch of a session must have.
struct BranchModel {
  std::vector<Message> messages{};
  std::vector<Message> folds{};  ///< as windows show them

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(messages.size()); }

  /// Returns the start of this branch up to a sequence number, in a session.
  [[nodiscard]] BranchModel start(std::int64_t end, const std::string& session) const {
    BranchModel model = *this;
    model.messages.resize(static_cast<std::size_t>(end));
    std::erase_if(model.folds, [end](const Message& fold) { return fold.folded_last > end; });
    for (Message& message : model.messages) { message.session_id = session; }
    for (Message& fold : model.folds) { fold.session_id = session; }
    return model;
  }

  [[nodiscard]] bool can_fold(std::int64_t first, std::int64_t last) const {
    return std::none_of(folds.begin(), folds.end(), [&](const Message& fold) {
      const bool apart = fold.folded_last < first || fold.folded_first > last;
      const bool inside = fold.folded_first >= first && fold.folded_last <= last;
      const bool around = fold.folded_first <= first && fold.folded_last >= last;
      return !apart && !inside && !around;
    });
  }

  /// Adds a fold, or replaces that of the same range.
  void fold(const Message& summary) {
    std::erase_if(folds, [&](const Message& fold) {
      return fold.folded_first == summary.folded_first && fold.folded_last == summary.folded_last;
    });
    folds.push_back(summary);
  }

  /// Returns the messages that no fold hides and the folds that no other hides, in order.
  [[nodiscard]] std::vector<Message> shown() const {
    std::map<std::int64_t, Message> all;
    const auto hidden = [this](std::int64_t first, std::int64_t last) {
      return std::any_of(folds.begin(), folds.end(), [&](const Message& fold) {
        return fold.folded_first <= first && fold.folded_last >= last &&
               (first != fold.folded_first || last != fold.folded_last);
      });
    };
    for (const Message& message : messages) {
      const bool folded = std::any_of(folds.begin(), folds.end(), [&](const Message& fold) {
        return fold.folded_first <= message.sequence && fold.folded_last >= message.sequence;
      });
      if (!folded) { all[message.sequence] = message; }
    }
    for (const Message& fold : folds) {
      if (!hidden(fold.folded_first, fold.folded_last)) { all[fold.sequence] = fold; }
    }
    std::vector<Message> list;
    for (auto& [sequence, message] : all) { list.push_back(message); }
    return list;
  }
};

struct SessionModel {
  std::vector<BranchModel> branches{1};
  std::size_t present = 0;

  BranchModel& branch() { return branches[present]; }
};

/// The window of what a session shows.
std::vector<Message> expected(const std::vector<Message>& shown, const MessageWindow& window) {
  std::vector<Message> list;
  std::int64_t tokens = 0;
  for (auto message = shown.rbegin(); message != shown.rend(); ++message) {
    const bool in_range = message->sequence >= window.from && message->sequence <= window.to.value_or(1 << 24);
    const bool has_role = window.roles.empty() ||
                          std::find(window.roles.begin(), window.roles.end(), message->role) != window.roles.end();
    if (!in_range || !has_role) { continue; }
    if (static_cast<std::int64_t>(list.size()) == window.last.value_or(10'000)) { break; }
    tokens += message->token_count;
    if (window.tokens && tokens > *window.tokens) { break; }
    list.insert(list.begin(), *message);
  }
  const bool has_calls = window.roles.empty() ||
                         std::find(window.roles.begin(), window.roles.end(), Role::assistant) != window.roles.end();
  for (std::size_t at = 0; window.whole_exchanges && has_calls && at < list.size();) {
    const bool outside = at == 0 || list[at - 1].folded_last != 0;
    if (outside && list[at].role == Role::tool) {
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      ++at;
    }
  }
  return list;
}

/// One run of random steps on several sessions, "s0", "s1" ...
template <class Store>
class Run {
 public:
  Run(Store& store, unsigned seed) : store_(store), random_(seed) {}

  void step() {
    const auto at = static_cast<std::size_t>(below(static_cast<std::int64_t>(sessions_.size())));
    const std::string id = "s" + std::to_string(at);
    switch (below(8)) {
      case 0: fork(id, sessions_[at]); break;
      case 1: rewind(id, sessions_[at]); break;
      case 2: restore(id, sessions_[at]); break;
      case 3:
      case 4:
      case 5: fold(id, sessions_[at].branch()); break;
      default: append(id, sessions_[at].branch());
    }
    for (std::size_t each = 0; each < sessions_.size(); ++each) { look(each); }
  }

 private:
  std::int64_t below(std::int64_t bound) { return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_); }

  void append(const std::string& id, BranchModel& branch) {
    for (auto count = below(6); count >= 0; --count) {
      Message message{.role = static_cast<Role>(below(4)),
                      .content = "message " + std::to_string(++made_),
                      .timestamp = now(),
                      .token_count = below(30),
                      .session_id = id};
      message.sequence = store_.save_message(alice, id, message);
      branch.messages.push_back(message);
    }
  }
  void fork(const std::string& id, SessionModel& source) {
    if (sessions_.size() >= 5) { return; }
    const auto at = below(source.branch().size() + 1);
    const std::string fork = "s" + std::to_string(sessions_.size());
    store_.fork_session(alice, id, at, {.id = fork});
    SessionModel model;
    model.branch() = source.branch().start(at, fork);
    sessions_.push_back(std::move(model));
  }
  void rewind(const std::string& id, SessionModel& session) {
    const auto end = below(session.branch().size() + 1);
    const bool changes = end != session.branch().size();
    store_.rewind_session(alice, id, end);
    if (!changes) { return; }
    session.branches.push_back(session.branch().start(end, id));
    session.present = session.branches.size() - 1;
  }
  void restore(const std::string& id, SessionModel& session) {
    const auto branch = static_cast<std::size_t>(below(static_cast<std::int64_t>(session.branches.size())));
    if (branch == session.present) { return; }
    store_.restore_branch(alice, id, static_cast<std::int64_t>(branch) + 1);
    session.present = branch;
  }
  void fold(const std::string& id, BranchModel& branch) {
    if (branch.messages.empty()) { return; }
    const auto first = 1 + below(branch.size());
    const auto last = first + below(std::min<std::int64_t>(branch.size() - first + 1, 6));
    Message summary{.role = Role::system,
                    .content = "summary " + std::to_string(++made_),
                    .timestamp = now(),
                    .token_count = below(30),
                    .session_id = id,
                    .sequence = last,
                    .folded_first = first,
                    .folded_last = last};
    const auto call = [&] {
      store_.fold_messages(
          alice, id, {first, last},
          {.content = summary.content, .token_count = summary.token_count, .created_at = summary.timestamp});
    };
    if (branch.can_fold(first, last)) {
      call();
      branch.fold(summary);
    } else {
      CHECK(code_of(call) == ErrorCode::conflict);
    }
  }
  void look(std::size_t at) {
    const BranchModel& branch = sessions_[at].branch();
    MessageWindow window{.whole_exchanges = below(2) == 0, .folds = below(4) != 0};
    if (below(2) == 0) { window.last = 1 + below(10); }
    if (below(2) == 0) { window.tokens = below(100); }
    if (below(3) == 0) { window.from = below(10); }
    if (below(3) == 0) { window.to = below(20); }
    if (below(3) == 0) { window.roles = {Role::assistant, static_cast<Role>(below(4))}; }
    const LoadedWindow is = store_.load_messages(alice, "s" + std::to_string(at), window);
    CHECK(is.messages == expected(window.folds ? branch.shown() : branch.messages, window));
    CHECK(is.end.sequence == branch.size());
  }

  Store& store_;
  std::mt19937 random_;
  std::vector<SessionModel> sessions_{1};
  int made_ = 0;
};

}  // namespace

CONFORMANCE_TEST("windows of folded, rewound, restored and forked sessions are those of their messages and folds") {
  Subject subject;
  add_session(subject.backend(), alice, "s0");
  Run run(subject.backend().session_storage(), 20261126);  // the same in every run
  for (int step = 0; step < 150; ++step) { run.step(); }
}
