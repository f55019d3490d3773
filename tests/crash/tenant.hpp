#pragma once

#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/temporary_folder.hpp"
#include "support/tenant_digest.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <vector>

/// Tenants of several batches.
namespace crash {

using support::digest_of;

/// Stores sessions with forks, folds, rewound messages, contents and errors. The texts have the id of the tenant.
template <class Backend>
void fill_tenant(Backend& backend, const heddle::Context& context, int sessions, int messages) {
  auto& store = backend.session_storage();
  for (int session = 0; session < sessions; ++session) {
    const std::string id = "s" + std::to_string(session);
    store.save_session(context, {.id = id});
    std::vector<heddle::Message> all;
    for (int message = 0; message < messages; ++message) {
      all.push_back({.content = context.user_id + id + "." + std::to_string(message)});
    }
    store.save_messages(context, id, all, {.idempotency_key = id});
    store.fold_messages(context, id, {2, 9}, {.snapshot_type = "summary", .content = context.user_id});
    store.rewind_session(context, id, messages - 10);
    store.fork_session(context, id, 20, {.id = "fork of " + id});
    backend.artifact_store().put(context, {.id = "a" + id, .name = id, .session_id = id},
                                 std::string(30'000, 'x') + id + context.user_id);
    backend.error_store().store(context, {.id = "e" + id, .tool_name = "t", .raw_error = context.user_id});
  }
}

/// The stream of such a tenant, in a file.
class TenantStream {
 public:
  static constexpr int sessions = 40;
  static constexpr int messages = 50;

  explicit TenantStream(const heddle::Context& context) {
    heddle::Backend<heddle::Sqlite> source({.path = ":memory:"});
    source.migrate();
    fill_tenant(source, context, sessions, messages);
    std::ofstream file(path(), std::ios::binary);
    report_ = heddle::export_user(source, context, [&](std::string_view bytes) { file << bytes; });
  }

  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "stream"; }
  /// Of the export.
  [[nodiscard]] const heddle::ExportReport& report() const noexcept { return report_; }

 private:
  support::TemporaryFolder folder_{};
  heddle::ExportReport report_{};
};

/// Returns whether a call that went on has stored just the last of the batches of a whole one, told by how many records
/// were stored behind each.
inline bool is_end_of(const std::vector<std::int64_t>& batches, const std::vector<std::int64_t>& stored) {
  return stored.size() <= batches.size() && std::equal(stored.rbegin(), stored.rend(), batches.rbegin());
}

}  // namespace crash
