#pragma once

#include "conformance/contents.hpp"
#include "conformance/sample.hpp"
#include "conformance/transfers.hpp"
#include "heddle/context.hpp"

#include <doctest/doctest.h>

#include <string>

/// Comparisons of a tenant in two databases, by all that calls return.
namespace conformance {

/// Compares the sessions, with all that belongs to them.
template <class One, class Two>
void check_sessions(One& from, Two& to, const heddle::Context& context) {
  auto& one = from.session_storage();
  auto& two = to.session_storage();
  const Ids ids = one.list_sessions(context, {.limit = heddle::limits::page}).items;
  CHECK(two.list_sessions(context, {.limit = heddle::limits::page}).items == ids);
  for (const std::string& id : ids) {
    CAPTURE(id);
    CHECK(is_same(*one.load_session(context, id), *two.load_session(context, id)));
    const auto messages = [&](auto& store) {
      return all_pages(0, [&](const heddle::PageRequest& page) { return store.load_messages(context, id, page); });
    };
    CHECK(messages(one) == messages(two));
    CHECK(one.load_messages(context, id, heddle::MessageWindow{}).messages ==
          two.load_messages(context, id, heddle::MessageWindow{}).messages);
    const auto executions = [&](auto& store) {
      return all_pages(0,
                       [&](const heddle::PageRequest& page) { return store.list_tool_executions(context, id, page); });
    };
    CHECK(executions(one) == executions(two));
    CHECK(one.list_branches(context, id).items == two.list_branches(context, id).items);
    CHECK(from.human_request_store().list_by_session(context, id).items ==
          to.human_request_store().list_by_session(context, id).items);
  }
  CHECK(one.usage(context).items == two.usage(context).items);
  CHECK(one.statistics(context) == two.statistics(context));
}

/// Compares the artifacts, with all bytes of all versions.
template <class One, class Two>
void check_artifacts(One& from, Two& to, const heddle::Context& context) {
  const auto artifacts = [&](auto& backend) {
    return all_pages(0, [&](const heddle::PageRequest& page) {
      return backend.artifact_store().list(context, {.include_deleted = true}, page);
    });
  };
  const auto all = artifacts(from);
  CHECK(artifacts(to) == all);
  for (const heddle::Artifact& artifact : all) {
    CAPTURE(artifact.id);
    const auto versions = from.artifact_store().versions(context, artifact.id).items;
    CHECK(to.artifact_store().versions(context, artifact.id).items == versions);
    for (const heddle::ArtifactVersion& version : versions) {
      CHECK(content_of(from.artifact_store(), context, artifact.id, version.version) ==
            content_of(to.artifact_store(), context, artifact.id, version.version));
    }
  }
}

/// Compares all that a tenant has, but the rows of its results.
template <class One, class Two>
void check_tenant(One& one, Two& two, const heddle::Context& context) {
  CAPTURE(context.user_id);
  const Exported stream = exported(one, context);
  CHECK(stream.report.records > 0);
  CHECK(exported(two, context).bytes == stream.bytes);
  check_sessions(one, two, context);
  check_artifacts(one, two, context);
  CHECK(one.error_store().list(context).items == two.error_store().list(context).items);
  CHECK(one.human_request_store().list_pending(context).items == two.human_request_store().list_pending(context).items);
  CHECK(one.result_store().list(context).items == two.result_store().list(context).items);
}

/// Compares the rows of the results. This changes the times at which they were used last.
template <class One, class Two>
void check_rows_of_results(One& one, Two& two, const heddle::Context& context) {
  for (const heddle::ResultMetadata& result : one.result_store().list(context).items) {
    CAPTURE(result.id);
    const std::string select = "SELECT * FROM " + result.table_name;
    CHECK(one.result_store().query(context, result.id, select) == two.result_store().query(context, result.id, select));
  }
}

}  // namespace conformance
