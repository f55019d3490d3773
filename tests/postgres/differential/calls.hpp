#pragma once

#include "postgres/differential/random_values.hpp"
#include "postgres/differential/two_backends.hpp"
#include "support/crafted_cursor.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace differential {

/// A sequence of random calls for a few tenants: the part that all groups of calls share.
class Calls {
 public:
  Calls(TwoBackends& both, std::uint32_t seed) : both_(both), random_(seed), seed_(seed) {
    for (const char* name : {"a", "b\xE2\x80\xAE'\\\"\x01🙂", "c"}) {
      tenants_.push_back(heddle::Context::for_user(std::to_string(seed) + name));
    }
  }

  /// Returns false as soon as the backends have differed: from then on all results differ.
  [[nodiscard]] bool agreed() const noexcept { return agreed_; }
  /// The number of requested lists, and of those that were not empty.
  [[nodiscard]] std::int64_t lists() const noexcept { return lists_; }
  [[nodiscard]] std::int64_t lists_with_items() const noexcept { return lists_with_items_; }

  /// Gives each tenant some sessions.
  void begin() {
    for (const auto& context : tenants_) {
      for (const char* id : {"s0", "s1", "s2", "s3"}) {
        call("save_session", [&](auto& side) {
          side.backend.session_storage().save_session(context, {.id = id, .agent_id = "agent0"});
          return std::string("done");
        });
      }
    }
  }

 protected:
  using Options = heddle::WriteOptions;
  using AppendOptions = heddle::AppendOptions;

  /// Makes one call on both sides.
  template <class Call>
  void call(std::string_view name, Call call) {
    ++step_;
    if (!agreed_) { return; }
    agreed_ = both_.agree(
        [&] {
          return "HEDDLE_TEST_SEED=" + std::to_string(seed_) + ", call " + std::to_string(step_) + ": " +
                 std::string(name);
        },
        std::move(call));
  }

  /// Makes a write, `call(side, options)`, with random options; may repeat a write with a key now or later.
  template <class Call>
  void write(std::string_view name, Call write) {
    Options options;
    if (random_.one_in(5)) { options.idempotency_key = random_.id("key"); }
    write_with(name, options, std::move(write));
  }
  template <class AnyOptions, class Call>
  void write_with(std::string_view name, const AnyOptions& options, Call write) {
    const auto again = [this, options, write, name = std::string(name)] {
      call(name, [&](auto& side) { return write(side, options); });
    };
    again();
    if (options.idempotency_key.empty()) { return; }
    if (random_.one_in(3)) { again(); }
    if (earlier_.size() < 8) {
      earlier_.emplace_back(again);
    } else {
      earlier_[random_.number(earlier_.size())] = again;
    }
  }
  void repeat_an_earlier_write() {
    if (earlier_.empty()) { return; }
    const auto again = random_.one_of(earlier_);
    again();
  }

  /// Reads a list page by page, `fetch(side, request)`; in its order, or sorted if backends may order differently.
  template <class Fetch>
  void read_list(std::string_view name, Fetch fetch, bool sorted = false) {
    static const std::vector<std::int64_t> limits{0, 0, 1, 2, 3, 7, 10000};
    heddle::PageRequest request{.limit = random_.one_of(limits)};
    if (random_.one_in(60)) { request.limit = random_.one_in(2) ? 10001 : random_.any_integer(); }
    const std::string crafted = random_.one_in(20) ? crafted_position() : std::string();
    const bool anothers = random_.one_in(20);
    found_ = false;
    call(name, [&](auto& side) {
      heddle::PageRequest each = request;
      if (anothers) {
        each.cursor = side.cursor;
      } else if (!crafted.empty()) {
        each.cursor = support::with_position(fetch(side, heddle::PageRequest{.limit = 1}).next, crafted);
      }
      const Shown shown(side.made);
      std::vector<std::string> items;
      std::string text;
      for (int pages = 0; pages < 200; ++pages) {
        const auto page = fetch(side, each);
        for (const auto& item : page.items) { items.push_back(shown(item)); }
        text += std::to_string(page.items.size()) + (page.next.empty() ? "." : ",");
        if constexpr (requires { page.considered_all; }) { text += page.considered_all ? "" : " of more "; }
        if (page.next.empty()) { break; }
        side.cursor = each.cursor = page.next;
      }
      // If backends order differently, only all pages together are equal.
      if (sorted && (anothers || !crafted.empty())) { return text; }
      if (sorted) { std::sort(items.begin(), items.end()); }
      for (const auto& item : items) { text.append("\n ").append(item); }
      found_ = !items.empty();
      return text;
    });
    ++lists_;
    if (found_) { ++lists_with_items_; }
  }

  /// Returns the result as text.
  template <class SideType, class T>
  static std::string shown(const SideType& side, const T& value) {
    return Shown(side.made)(value);
  }
  /// Returns the id that the call returned; a generated id by its form.
  template <class SideType>
  static std::string answer(SideType& side, const std::string& id, bool made) {
    side.answered = id;
    if (!made || side.made.contains(id)) { return shown(side, id); }
    std::string form = id;
    for (char& each : form) {
      if ((each >= '0' && each <= '9') || (each >= 'a' && each <= 'f')) { each = 'x'; }
    }
    return form;
  }

  heddle::Context context() {
    using namespace std::chrono_literals;
    heddle::Context context = tenants_[random_.one_in(2) ? 0 : random_.number(tenants_.size())];
    switch (random_.number(200)) {
      case 0: return {};
      case 1: context.user_id = random_.nasty(); return context;
      case 2: return context.with_timeout(-1s);
      case 3: {
        std::stop_source source;
        source.request_stop();
        return context.with_stop(source.get_token());
      }
      default: return random_.one_in(3) ? context.with_timeout(1h) : context;
    }
  }

  /// Returns an id of a kind: a given or a generated one.
  Id any_id(std::string_view kind, const std::vector<Id>& made) {
    if (!made.empty() && random_.one_in(3)) { return made[random_.number(made.size())]; }
    const std::string id = random_.id(kind);
    return {id, id};
  }
  void remember(std::vector<Id>& made) {
    const Id id = both_.answered();
    if (agreed_ && !id.here.empty()) { made.push_back(id); }
  }

  std::string crafted_position() {
    static const std::vector<std::string> positions{
        "0.", "-1.",       "1.",        "3.x", "9223372036854775807.", "-9223372036854775808.", "9223372036854775808.",
        ".",  "16777215.", "16777216.", "-5.é"};
    return random_.one_in(4) ? random_.nasty() : random_.one_of(positions);
  }

  TwoBackends& both_;
  RandomValues random_;
  std::vector<heddle::Context> tenants_{};

 private:
  std::vector<std::function<void()>> earlier_{};
  std::uint32_t seed_;
  int step_ = 0;
  std::int64_t lists_ = 0;
  std::int64_t lists_with_items_ = 0;
  bool found_ = false;
  bool agreed_ = true;
};

}  // namespace differential
