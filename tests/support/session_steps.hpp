#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/session.hpp"
#include "heddle/options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace support {

enum class StepKind { create, fork, append, rewind, restore, fold, redact, remove };

/// A change of a session.
struct Step {
  StepKind kind = StepKind::create;
  std::string session{};
  std::string source{};  ///< of a fork
  std::int64_t from = 0;
  std::int64_t to = 0;     ///< the last message of a range, fork or rewind; the branch to restore
  std::int64_t count = 0;  ///< of messages to append
  std::string text{};      ///< a word that no other step has

  /// Returns the text of an appended message.
  [[nodiscard]] std::string text_of(std::int64_t index) const { return text + " n" + std::to_string(index); }
};

/// Makes a step in a store. A fold that overlaps another one partly is refused and changes nothing. With an idempotency
/// key a repeat changes nothing.
template <class Store>
void make(Store& store, const heddle::Context& context, const Step& step, const std::string& key = {}) {
  const heddle::WriteOptions once{.idempotency_key = key};
  const heddle::AppendOptions append_once{.idempotency_key = key};
  switch (step.kind) {
    case StepKind::create: store.save_session(context, {.id = step.session}, once); return;
    case StepKind::fork: store.fork_session(context, step.source, step.to, {.id = step.session}, once); return;
    case StepKind::append: {
      std::vector<heddle::Message> messages;
      for (std::int64_t each = 0; each < step.count; ++each) { messages.push_back({.content = step.text_of(each)}); }
      store.save_messages(context, step.session, messages, append_once);
      return;
    }
    case StepKind::rewind: store.rewind_session(context, step.session, step.to, append_once); return;
    case StepKind::restore: store.restore_branch(context, step.session, step.to, append_once); return;
    case StepKind::fold:
      try {
        store.fold_messages(context, step.session, {step.from, step.to}, {.content = step.text}, append_once);
      } catch (const heddle::Error& error) {
        if (error.code() != heddle::ErrorCode::conflict) { throw; }
      }
      return;
    case StepKind::redact: store.redact_messages(context, step.session, {step.from, step.to}, "private", once); return;
    case StepKind::remove: store.delete_session(context, step.session, once); return;
  }
}

}  // namespace support
