#pragma once

#include "postgres/differential/turn_calls.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace differential {

/// Random calls of ErrorStorage and ArtifactStorage.
class RecordCalls : public TurnCalls {
 public:
  using TurnCalls::TurnCalls;

 protected:
  void errors() {
    switch (random_.number(8)) {
      case 2: {
        const Id id = any_id("e", errors_);
        return write("remove_error", [=, context = context()](auto& side, const Options& options) {
          return shown(side, side.backend.error_store().remove(context, side.of(id), options));
        });
      }
      case 3: {
        heddle::ErrorRetention retention;
        static const std::vector<std::int64_t> ages{-1, 3'600'000, 1'000'000'000'000, 315'000'000'000'000,
                                                    400'000'000'000'000};
        if (random_.one_in(2)) { retention.older_than = std::chrono::milliseconds(random_.one_of(ages)); }
        if (random_.one_in(2)) { retention.keep_newest = static_cast<std::int64_t>(random_.number(20)) - 1; }
        return write("prune_errors", [=, context = context()](auto& side, const Options& options) {
          return shown(side, side.backend.error_store().prune(context, retention, options));
        });
      }
      case 0: {
        const Id id = any_id("e", errors_);
        return call("get_error", [&, context = context()](auto& side) {
          return shown(side, side.backend.error_store().get(context, side.of(id)));
        });
      }
      case 1: {
        heddle::ErrorFilter filter;
        filter.session_id = maybe_session();
        if (random_.one_in(2)) { filter.tool_name = tool(); }
        if (random_.one_in(2)) { filter.from = random_.any_time(); }
        if (random_.one_in(2)) { filter.until = random_.any_time(); }
        return read_list("list_errors", [&, context = context()](auto& side, const auto& page) {
          return side.backend.error_store().list(context, filter, page);
        });
      }
      default: break;
    }
    auto error = random_.record<heddle::StoredError>();
    error.id = random_.one_in(4) ? std::string() : random_.id("e");
    if (error.id.empty()) { error.timestamp = {}; }
    error.session_id = maybe_session();
    error.tool_name = tool();
    if (random_.one_in(3)) { error.raw_error = random_.json(); }
    write("store_error", [error, context = context()](auto& side, const Options& options) {
      // The time is a part of a generated id.
      return answer(side, side.backend.error_store().store(context, error, options), error.id.empty()).substr(0, 4);
    });
    remember(errors_);
  }

  void artifacts() {
    const auto context = this->context();
    const Id id = any_id("a", artifacts_);
    switch (random_.number(20)) {
      case 14: {
        auto artifact = this->artifact();
        artifact.created_at = {};
        const bool loaded = random_.one_in(3);
        const auto content = this->content();
        return write("put_artifact", [=](auto& side, const Options& options) {
          auto own = artifact;
          own.id = side.of(id);
          if (own.id.empty()) { own.id = "put"; }
          if (loaded) { own.revision = revision_of(side, context, own.id); }
          return shown(side, side.backend.artifact_store().put(context, own, content,
                                                               {.idempotency_key = options.idempotency_key}));
        });
      }
      case 15:
        return call("open_artifact", [&, version = version()](auto& side) {
          return shown(side, side.backend.artifact_store().open(context, side.of(id), version).rest());
        });
      case 16:
        return read_list("list_artifact_versions", [&](auto& side, const auto& page) {
          return side.backend.artifact_store().versions(context, side.of(id), page);
        });
      case 17:
        return write("restore_artifact_version", [=, version = version()](auto& side, const Options& options) {
          return shown(side, side.backend.artifact_store().restore_version(context, side.of(id), version, options));
        });
      case 18:
        return call("artifact_usage",
                    [&](auto& side) { return shown(side, side.backend.artifact_store().content_usage(context)); });
      case 19:
        return call("set_artifact_quota", [&, quota = quota()](auto& side) {
          side.backend.artifact_store().set_quota(context, quota);
          return std::string();
        });
      case 0:
        return call("get_artifact",
                    [&](auto& side) { return shown(side, side.backend.artifact_store().get(context, side.of(id))); });
      case 1:
        return call("get_artifact_by_name", [&, name = name(), session = maybe_session()](auto& side) {
          return shown(side, side.backend.artifact_store().get_by_name(context, name, session));
        });
      case 2:
      case 3: return list_artifacts();
      case 4:
      case 5: {
        heddle::ArtifactSearch search = random_.artifact_search(query());
        if (random_.one_in(4)) { search.session_id = session_id(); }
        if (random_.one_in(6)) { search.source_agent_id = agent_id(); }
        if (random_.one_in(6)) { search.content_type = random_.id("type"); }
        return read_list(
            "search_artifacts for " + search.query,
            [&](auto& side, const auto& page) { return side.backend.artifact_store().search(context, search, page); },
            search.order == heddle::SearchOrder::best);
      }
      case 6: {
        const auto mode = static_cast<heddle::DeleteMode>(random_.number(2) + (random_.one_in(100) ? 1 : 0));
        return write("remove_artifact", [=](auto& side, const Options& options) {
          return shown(side, side.backend.artifact_store().remove(context, side.of(id), mode, options));
        });
      }
      case 7:
        return write("record_access", [=](auto& side, const Options& options) {
          return shown(side, side.backend.artifact_store().record_access(context, side.of(id), options));
        });
      case 8:
        return call("artifact_statistics",
                    [&](auto& side) { return shown(side, side.backend.artifact_store().statistics(context)); });
      case 9: {
        const auto artifact = this->artifact();
        const bool loaded = !random_.one_in(3);
        return write("update_artifact", [=](auto& side, const Options& options) {
          auto own = artifact;
          own.id = side.of(id);
          if (loaded) { own.revision = revision_of(side, context, own.id); }
          return shown(side, side.backend.artifact_store().update(context, own, options));
        });
      }
      case 10:
      case 11: {
        const auto patch = artifact_patch();
        return write("patch_artifact", [=](auto& side, const Options& options) {
          return shown(side, side.backend.artifact_store().update(context, side.of(id), patch, options));
        });
      }
      default: break;
    }
    auto artifact = this->artifact();
    const bool made = random_.one_in(4);
    // The order of two generated ids with the same time is random.
    if (made || id.here.empty() || id.here != id.there) { artifact.created_at = {}; }
    const bool loaded = random_.one_in(3);
    const auto index = [=](auto& side, const Options& options) {
      auto own = artifact;
      own.id = made ? std::string() : side.of(id);
      if (loaded) { own.revision = made ? 0 : revision_of(side, context, own.id); }
      return answer(side, side.backend.artifact_store().index(context, own, options), own.id.empty());
    };
    write("index_artifact", index);
    if (made) { return remember(artifacts_); }
    if (random_.one_in(4)) { write("index_artifact, again", index); }
  }

 private:
  std::string tool() { return random_.one_in(10) ? random_.clean() : random_.id("tool"); }
  std::string name() { return random_.one_in(10) ? std::string(4096, 'n') : random_.id("name"); }

  std::int64_t version() { return static_cast<std::int64_t>(random_.number(5)) - (random_.one_in(20) ? 1 : 0); }
  std::string content() { return std::string(random_.number(4) * 1000, static_cast<char>('a' + random_.number(2))); }
  std::optional<std::int64_t> quota() {
    return random_.one_in(3) ? std::optional<std::int64_t>(random_.number(6000)) : std::nullopt;
  }

  heddle::Artifact artifact() {
    auto artifact = random_.record<heddle::Artifact>();
    const bool sound = !random_.one_in(20);
    artifact.name = name();
    artifact.path = name();
    artifact.content_type = random_.one_in(10) ? random_.clean() : random_.id("type");
    if (sound && artifact.size_bytes < 0) { artifact.size_bytes = 1; }
    if (sound && artifact.access_count < 0) { artifact.access_count = 2; }
    artifact.tags.clear();
    for (std::size_t count = random_.number(4); count-- > 0;) { artifact.tags.push_back(tag()); }
    artifact.session_id = maybe_session();
    artifact.revision = random_.revision();
    remember_text(artifact.purpose);
    remember_text(artifact.name);
    return artifact;
  }
  heddle::ArtifactPatch artifact_patch() {
    auto patch = random_.record<heddle::ArtifactPatch>();
    const bool sound = !random_.one_in(20);
    if (patch.name) { patch.name = name(); }
    if (patch.path) { patch.path = name(); }
    if (patch.content_type) { patch.content_type = random_.id("type"); }
    if (sound && patch.size_bytes && *patch.size_bytes < 0) { patch.size_bytes = 3; }
    for (auto* const tags : {&patch.add_tags, &patch.remove_tags}) {
      for (std::string& each : *tags) { each = tag(); }
    }
    patch.session_id = maybe_session();
    if (random_.one_in(6)) { patch.session_id = std::string(); }
    patch.revision = random_.revision();
    if (patch.purpose) { remember_text(*patch.purpose); }
    return patch;
  }
  template <class SideType>
  static std::int64_t revision_of(SideType& side, const heddle::Context& context, const std::string& id) {
    const auto stored = side.backend.artifact_store().get(context, id);
    return stored ? stored->revision : 0;
  }
  std::string tag() {
    static const std::vector<std::string> tags{"",   "t", "T",    "é",    "e\xCC\x81", "\"",
                                               "\\", "1", "null", "🙂", "t u",       "\x7F"};
    return random_.one_in(20) ? random_.nasty() : random_.one_of(tags);
  }

  void list_artifacts() {
    heddle::ArtifactFilter filter;
    if (random_.one_in(4)) { filter.source = static_cast<heddle::ArtifactSource>(random_.number(3)); }
    if (random_.one_in(6)) { filter.content_type = random_.id("type"); }
    for (std::size_t count = random_.one_in(2) ? random_.number(3) : 0; count-- > 0;) { filter.tags.push_back(tag()); }
    if (random_.one_in(4)) { filter.min_size_bytes = random_.any_integer(); }
    if (random_.one_in(4)) { filter.max_size_bytes = random_.any_integer(); }
    if (random_.one_in(4)) { filter.created_from = random_.any_time(); }
    if (random_.one_in(4)) { filter.created_until = random_.any_time(); }
    if (random_.one_in(4)) { filter.session_id = session_id(); }
    filter.include_deleted = random_.one_in(2);
    read_list("list_artifacts", [&, context = context()](auto& side, const auto& page) {
      return side.backend.artifact_store().list(context, filter, page);
    });
  }

  std::vector<Id> errors_{};
  std::vector<Id> artifacts_{};
};

}  // namespace differential
