#pragma once

#include "postgres/differential/record_calls.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace differential {

/// Random calls of all stores; this file contains those of ResultStorage and HumanRequestStorage.
class StoreCalls : public RecordCalls {
 public:
  using RecordCalls::RecordCalls;

  /// One call of any store.
  void any() {
    switch (random_.number(13)) {
      case 11:
      case 12: return turns();
      case 0: return errors();
      case 1:
      case 2: return artifacts();
      case 3: return results();
      case 4: return human_requests();
      case 5: return hidden_sessions();
      default: return sessions();
    }
  }

 private:
  /// Hides sessions, restores them and removes some, of all tenants.
  void hidden_sessions() {
    const auto context = this->context();
    const auto id = session_id();
    switch (random_.number(6)) {
      case 0:
      case 1:
        return write("soft_delete_session", [=](auto& side, const Options& options) {
          return shown(side, side.backend.session_storage().soft_delete_session(context, id, options));
        });
      case 2:
      case 3:
        return write("restore_session", [=](auto& side, const Options& options) {
          return shown(side, side.backend.session_storage().restore_session(context, id, options));
        });
      case 4:
        return call("purge_deleted_sessions", [=, grace = std::chrono::hours(random_.number(2))](auto& side) {
          return shown(side, side.backend.session_storage().purge_deleted_sessions(context, grace));
        });
      default:
        return read_list("sessions_per_user", [&](auto& side, const auto& page) {
          return side.backend.admin_storage().sessions_per_user(context, page);
        });
    }
  }

  void results() {
    const auto context = this->context();
    const Id id = any_id("r", results_);
    switch (random_.number(10)) {
      case 0:
        return call("result_metadata", [&](auto& side) {
          return shown(side, side.backend.result_store().metadata(context, side.of(id)));
        });
      case 1:
      case 2:
        return call("query_result", [&, select = select()](auto& side) {
          return shown(side, side.backend.result_store().query(context, side.of(id), select));
        });
      case 5:
        return call("query_result, with parameters", [&, select = select_with_parameters(),
                                                      parameters = parameters()](auto& side) {
          return shown(side, side.backend.result_store().query(context, side.of(id), select, {}, parameters));
        });
      case 6:
        return read_list("list_results",
                         [&](auto& side, const auto& page) { return side.backend.result_store().list(context, page); });
      case 7: {
        auto head = this->result();
        const auto rows = this->result().table.rows;
        write("write_result", [=](auto& side, const Options& options) {
          auto own = head;
          own.id = side.of(id);
          heddle::ResultWriter writer = side.backend.result_store().write(context, own, options);
          for (const auto& row : rows) { writer.append(row); }
          return shown(side, writer.finish());
        });
        return std::this_thread::sleep_for(std::chrono::milliseconds(3));
      }
      case 3:
        return write("remove_result", [=](auto& side, const Options& options) {
          return shown(side, side.backend.result_store().remove(context, side.of(id), options));
        });
      case 4:
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
        return call("expire_results",
                    [&](auto& side) { return shown(side, side.backend.result_store().expire(context)); });
      default: break;
    }
    auto result = this->result();
    const bool made = random_.one_in(4);
    write("store_result", [=](auto& side, const Options& options) {
      auto own = result;
      own.id = made ? std::string() : side.of(id);
      auto reference = side.backend.result_store().store(context, own, options);
      std::string text = answer(side, reference.id, own.id.empty());
      reference.id.clear();
      return text + shown(side, reference);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    if (made) { remember(results_); }
  }

  void human_requests() {
    const auto context = this->context();
    const Id id = any_id("h", requests_);
    switch (random_.number(13)) {
      case 0:
        return call("get_human_request", [&](auto& side) {
          return shown(side, side.backend.human_request_store().get(context, side.of(id)));
        });
      case 1:
        return read_list("list_pending_human_requests", [&](auto& side, const auto& page) {
          return side.backend.human_request_store().list_pending(context, page);
        });
      case 2:
        return read_list("list_human_requests_of_session", [&, session = session_id()](auto& side, const auto& page) {
          return side.backend.human_request_store().list_by_session(context, session, page);
        });
      case 3: {
        auto response = random_.record<heddle::HumanResponse>();
        return write("respond", [=](auto& side, const Options& options) {
          return shown(side, side.backend.human_request_store().respond(context, side.of(id), response, options));
        });
      }
      case 4:
        return write("expire_human_requests", [=](auto& side, const Options& options) {
          return shown(side, side.backend.human_request_store().expire(context, options));
        });
      case 5: {
        auto request = this->request();
        write("update_human_request", [=](auto& side, const Options& options) {
          auto own = request;
          own.id = side.of(id);
          return shown(side, side.backend.human_request_store().update(context, own, options));
        });
        return std::this_thread::sleep_for(std::chrono::milliseconds(3));
      }
      case 7:
        return read_list("list_human_requests_by_priority", [&](auto& side, const auto& page) {
          return side.backend.human_request_store().list_by_priority(context, page);
        });
      case 8:
        return write("cancel_human_request", [=](auto& side, const Options& options) {
          return shown(side, side.backend.human_request_store().cancel(context, side.of(id), options));
        });
      case 9:
        return write("expire_human_request", [=](auto& side, const Options& options) {
          return shown(side, side.backend.human_request_store().expire_one(context, side.of(id), options));
        });
      case 10:
        if (!random_.one_in(4)) { break; }
        return write("remove_human_request", [=](auto& side, const Options& options) {
          return shown(side, side.backend.human_request_store().remove(context, side.of(id), options));
        });
      case 11: {
        const Id other = any_id("h", requests_);
        return call("wait_for_any_human_request", WaitingCall([&](auto& side, std::chrono::milliseconds timeout) {
                      return shown(side, side.backend.human_request_store().wait_any(context.with_timeout(timeout),
                                                                                     {side.of(id), side.of(other)}));
                    }));
      }
      case 6:
        return call("wait_for_human_request", WaitingCall([&](auto& side, std::chrono::milliseconds timeout) {
                      return shown(side,
                                   side.backend.human_request_store().wait(context.with_timeout(timeout), side.of(id)));
                    }));
      default: break;
    }
    auto request = this->request();
    const bool made = random_.one_in(4);
    if (made || id.here.empty() || id.here != id.there) { request.created_at = {}; }
    write("store_human_request", [=](auto& side, const Options& options) {
      auto own = request;
      own.id = made ? std::string() : side.of(id);
      return answer(side, side.backend.human_request_store().store(context, own, options), own.id.empty());
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    if (made) { remember(requests_); }
  }

  heddle::NewResult result() {
    heddle::NewResult result;
    if (random_.one_in(10)) { result.table_name = random_.text(); }
    random_.fill("metadata", result.metadata);
    switch (random_.number(10)) {
      case 0: result.time_to_live = random_.any_duration(); break;
      case 1:
      case 2: result.time_to_live = std::chrono::milliseconds(1); break;
      default: break;
    }
    result.table.columns = {"n", "text"};
    if (random_.one_in(5)) { result.table.columns.push_back(random_.text()); }
    for (std::size_t rows = random_.number(13); rows-- > 0;) {
      auto& row = result.table.rows.emplace_back();
      const std::size_t cells = result.table.columns.size() + (random_.one_in(200) ? 1 : 0);
      while (row.size() < cells) { row.push_back(cell()); }
    }
    return result;
  }
  heddle::QueryParameters parameters() {
    heddle::QueryParameters parameters;
    for (std::size_t count = random_.number(3); count-- > 0;) { parameters.positional.push_back(cell()); }
    if (parameters.positional.empty() || random_.one_in(20)) { parameters.named = {{"a", cell()}}; }
    if (random_.one_in(10)) { parameters.named.insert_or_assign(random_.text(), cell()); }
    return parameters;
  }
  std::string select_with_parameters() {
    static const std::vector<std::string> all{"SELECT ?1",       "SELECT ?1, ?2 FROM result",
                                              "SELECT ?, ?",     "SELECT n FROM result WHERE n > :a",
                                              "SELECT :a, $a",   "SELECT text FROM result WHERE text LIKE ?1",
                                              "SELECT :b",       "SELECT typeof(:a)",
                                              "SELECT ?101, :a", "SELECT n FROM result LIMIT ?1"};
    return random_.one_of(all);
  }
  heddle::Cell cell() {
    switch (random_.number(6)) {
      case 0: return std::monostate{};
      case 1: return random_.one_in(2);
      case 2: return random_.any_integer();
      case 3: return random_.one_in(40) ? random_.any_real() : random_.dollars();
      default: return random_.text();
    }
  }
  std::string select() {
    static const std::vector<std::string> all{"SELECT * FROM result",
                                              "SELECT n, text FROM result ORDER BY n, text",
                                              "SELECT count(*), sum(n) FROM result",
                                              "SELECT typeof(n), n FROM result",
                                              "SELECT upper(text), length(text), hex(text) FROM result",
                                              "SELECT n FROM result WHERE text LIKE '%a%'",
                                              "SELECT 1/0, 9223372036854775807 + 1, -0.0",
                                              "SELECT abs(n) FROM result",
                                              "SELECT * FROM sessions",
                                              "DELETE FROM result",
                                              "SELECT",
                                              "SELECT 1; SELECT 2",
                                              "SELECT x'00'",
                                              "SELECT 9e999",
                                              "SELECT json_extract(text, '$') FROM result",
                                              "PRAGMA user_version",
                                              "ATTACH 'x' AS y",
                                              "SELECT datetime('now') > ''"};
    return random_.one_in(10) ? random_.nasty() : random_.one_of(all);
  }

  heddle::HumanRequest request() {
    auto request = random_.record<heddle::HumanRequest>();
    const auto asked = random_.one_in(20) ? request : heddle::HumanRequest{};
    request.status = asked.status;
    request.response = asked.response;
    request.response_data = asked.response_data;
    request.responded_at = asked.responded_at;
    request.responded_by = asked.responded_by;
    request.session_id = maybe_session();
    static const std::vector<std::int64_t> timeouts{0, 0, 1, 1, 3'600'000, 315'000'000'000'000};
    if (!random_.one_in(20)) { request.timeout_ms = std::chrono::milliseconds(random_.one_of(timeouts)); }
    return request;
  }

  std::vector<Id> results_{};
  std::vector<Id> requests_{};
};

}  // namespace differential
