#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/message_window.hpp"
#include "heddle/model/session.hpp"
#include "support/session_steps.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

/// A model of sessions with forks, rewinds, folds and redactions, as plain vectors, to which stores are compared.
namespace support {

/// The sessions of one tenant as they must be after some steps.
class SessionModel {
 public:
  explicit SessionModel(std::uint32_t seed) : random_(seed) {}

  /// Chooses the next step at random: nearly always one that changes something.
  [[nodiscard]] Step next() {
    ++steps_;
    Step step{.text = "w" + std::to_string(steps_)};
    step.session = name(number(places));
    const auto found = sessions_.find(step.session);
    if (found == sessions_.end()) {
      const auto source = name(number(places));
      if (number(4) == 0 || !sessions_.contains(source)) {
        step.kind = StepKind::create;
      } else {
        step.kind = StepKind::fork;
        step.source = source;
        step.to = number(length_of(source) + 1);
      }
      return step;
    }
    const Session& session = found->second;
    const auto length = static_cast<std::int64_t>(session.line.messages.size());
    const auto choice = number(length > longest ? 12 : 40);
    if (choice == 0) {
      step.kind = StepKind::remove;
    } else if (choice < 5) {
      step.kind = StepKind::rewind;
      step.to = number(length + 1);
    } else if (choice < 8 && !session.hidden.empty()) {
      step.kind = StepKind::restore;
      step.to = std::next(session.hidden.begin(), number(static_cast<std::int64_t>(session.hidden.size())))->first;
    } else if (choice < 12 && length > 0) {
      step.kind = number(3) == 0 ? StepKind::redact : StepKind::fold;
      step.from = 1 + number(length);
      step.to = step.from + number(length - step.from + 1);
    } else {
      step.kind = StepKind::append;
      step.count = 1 + number(3);
    }
    return step;
  }

  /// Makes a step. Precondition: `next` of a model that has made the same steps has returned it.
  void make(const Step& step) {
    if (step.kind == StepKind::create) {
      sessions_[step.session] = {};
      return;
    }
    if (step.kind == StepKind::fork) {
      sessions_[step.session] = Session{.line = sessions_.at(step.source).line.start(step.to)};
      return;
    }
    Session& session = sessions_.at(step.session);
    std::vector<Text>& messages = session.line.messages;
    switch (step.kind) {
      case StepKind::append:
        for (std::int64_t each = 0; each < step.count; ++each) {
          messages.push_back(std::make_shared<std::string>(step.text_of(each)));
        }
        break;
      case StepKind::rewind:
        if (step.to < static_cast<std::int64_t>(messages.size())) {
          Line start = session.line.start(step.to);
          session.hide(++session.newest, std::move(start));
        }
        break;
      case StepKind::restore: {
        Line line = std::move(session.hidden.at(step.to));
        session.hidden.erase(step.to);
        session.hide(step.to, std::move(line));
        break;
      }
      case StepKind::fold: session.line.fold({step.from, step.to, step.text}); break;
      case StepKind::redact:
        for (std::int64_t at = step.from; at <= step.to; ++at) { messages[static_cast<std::size_t>(at) - 1]->clear(); }
        break;
      default: sessions_.erase(step.session);
    }
  }

  /// Returns what a store shows that differs from the model first; empty if it shows the same.
  template <class Store>
  [[nodiscard]] std::string difference(Store& store, const heddle::Context& context) const {
    for (std::int64_t place = 0; place < places; ++place) {
      const auto found = sessions_.find(name(place));
      const auto loaded = store.load_session(context, name(place), {.limit = heddle::limits::page});
      const std::string where = "session " + name(place) + ": ";
      if (loaded.has_value() != (found != sessions_.end())) { return where + (loaded ? "is there" : "is not there"); }
      if (!loaded) { continue; }
      const Session& session = found->second;
      if (loaded->branch != session.branch) { return where + "branch " + std::to_string(loaded->branch); }
      if (texts_of(loaded->messages.items) != session.line.texts()) { return where + "messages"; }
      const heddle::MessageWindow all{.whole_exchanges = false};
      if (texts_of(store.load_messages(context, name(place), all).messages) != session.line.shown()) {
        return where + "window";
      }
      std::map<std::int64_t, std::int64_t> ends;
      for (const heddle::Branch& each : store.list_branches(context, name(place)).items) {
        ends[each.branch] = each.last_sequence;
      }
      if (ends != session.ends()) { return where + "branches"; }
    }
    return {};
  }

  /// Returns the same for a search of the words of a step, which each message has once.
  template <class Store>
  [[nodiscard]] std::string difference_of_search(Store& store, const heddle::Context& context,
                                                 const std::string& word) {
    std::map<const std::string*, bool> with_word;
    for (const auto& [id, session] : sessions_) {
      for (const Text& message : session.line.messages) {
        if (message->starts_with(word + " ")) { with_word[message.get()] = true; }
      }
    }
    const auto found = store.search_messages(context, {.query = word}, {.limit = 100}).items;
    return found.size() == with_word.size() ? "" : "search of " + word + ": " + std::to_string(found.size());
  }

 private:
  static constexpr std::int64_t places = 6;
  static constexpr std::int64_t longest = 30;

  /// A message: sessions that share it have the same object. Empty: it is redacted.
  using Text = std::shared_ptr<std::string>;
  using Shown = std::vector<std::pair<std::int64_t, std::string>>;

  struct Fold {
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::string summary{};

    [[nodiscard]] bool contains(const Fold& other) const { return first <= other.first && other.last <= last; }
  };

  /// The messages and folds of a branch.
  struct Line {
    std::vector<Text> messages{};
    std::vector<Fold> folds{};

    [[nodiscard]] Line start(std::int64_t to) const {
      Line line{.messages = {messages.begin(), messages.begin() + to}};
      for (const Fold& each : folds) {
        if (each.last <= to) { line.folds.push_back(each); }
      }
      return line;
    }
    void fold(const Fold& added) {
      for (const Fold& each : folds) {
        const bool apart = each.last < added.first || added.last < each.first;
        if (!apart && !each.contains(added) && !added.contains(each)) { return; }
      }
      std::erase_if(folds, [&](const Fold& each) { return each.first == added.first && each.last == added.last; });
      folds.push_back(added);
    }
    [[nodiscard]] Shown texts() const {
      Shown all;
      for (const Text& each : messages) { all.emplace_back(static_cast<std::int64_t>(all.size()) + 1, *each); }
      return all;
    }
    [[nodiscard]] Shown shown() const {
      Shown all = texts();
      for (const Fold& each : folds) {
        const bool inside = std::any_of(folds.begin(), folds.end(),
                                        [&](const Fold& other) { return &other != &each && other.contains(each); });
        if (inside) { continue; }
        std::erase_if(all, [&](const auto& row) { return row.first >= each.first && row.first < each.last; });
        for (auto& row : all) {
          if (row.first == each.last) { row.second = each.summary; }
        }
      }
      return all;
    }
  };

  struct Session {
    Line line{};
    std::int64_t branch = 1;
    std::int64_t newest = 1;
    std::map<std::int64_t, Line> hidden{};

    /// Hides the present branch behind another one.
    void hide(std::int64_t next, Line next_line) {
      hidden[branch] = std::exchange(line, std::move(next_line));
      branch = next;
    }
    [[nodiscard]] std::map<std::int64_t, std::int64_t> ends() const {
      std::map<std::int64_t, std::int64_t> all{{branch, static_cast<std::int64_t>(line.messages.size())}};
      for (const auto& [number, each] : hidden) { all[number] = static_cast<std::int64_t>(each.messages.size()); }
      return all;
    }
  };

  static std::string name(std::int64_t place) { return "s" + std::to_string(place); }
  static Shown texts_of(const std::vector<heddle::Message>& messages) {
    Shown all;
    for (const heddle::Message& each : messages) { all.emplace_back(each.sequence, each.content); }
    return all;
  }
  [[nodiscard]] std::int64_t length_of(const std::string& session) const {
    return static_cast<std::int64_t>(sessions_.at(session).line.messages.size());
  }
  /// Returns a number below another one.
  std::int64_t number(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }

  std::mt19937 random_;
  std::int64_t steps_ = 0;
  std::map<std::string, Session> sessions_{};
};

}  // namespace support
