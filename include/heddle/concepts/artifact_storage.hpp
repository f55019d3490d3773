#pragma once

#include "heddle/context.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <filesystem>
#include <optional>
#include <string>

namespace heddle {

/// Descriptions of files that users gave and agents made, and the places where the files lie.
///
/// For every operation: it works for the tenant of the Context only, and an id of another tenant behaves like one that
/// is not there. Input is checked before anything is sent (`invalid_argument`). It throws Error and nothing else. A
/// write that returned is stored; a write that threw has changed nothing, unless the error is `in_doubt()` or this page
/// says otherwise. All operations may be called by many threads at once.
///
///  - `index` inserts an artifact, or updates the one of its id, and answers the id (made if empty). A new one keeps
///    the creation time, access count and last access that it came with; an existing one keeps its own. `deleted_at` is
///    set by `remove` only. A soft-deleted artifact is not saved over: `failed_precondition`. A session that is not
///    there is `not_found`; when a session is deleted, its artifacts go with it. Name, path, content type, checksum and
///    each tag have at most `limits::name` bytes; tags hold no control characters; sizes and counts are not negative.
///  - `get` answers the artifact; nothing if there is none or it is soft-deleted. `get_by_name` answers the newest of
///    this name in the session, or among those without a session if none is given.
///  - `list` answers the artifacts that pass all parts of the filter, newest first by creation, then by id. It is the
///    one operation that shows soft-deleted ones, on request. A tag matches as a whole, byte for byte.
///  - `search` looks in name, purpose and tags: words and phrases as in MessageSearch, each of them in any of the
///    three; never in soft-deleted artifacts. Best match first; what "best" is differs between backends, the set does
///    not.
///  - `update` is `index` for an artifact that must be there: false if there is none or it is soft-deleted.
///  - `remove` softly hides an artifact from everything but `list`, its file stays; false if there was none to hide.
///    For good, it removes the row, a soft-deleted one too, and then the file, if the path lies in the tenant's own
///    artifact folder, is no folder and does not lead through a link or `..`, and if no other artifact of the tenant
///    has the same path. If the file cannot be removed it throws `permission_denied` or `unavailable`; the row is gone
///    then, and so is the row, but not the file, after a crash in between. A repeat by idempotency key never touches a
///    file.
///  - `record_access` counts an access and notes its time; false if there is none. `updated_at` stays. A count that can
///    go no further stays, too.
///  - `statistics` counts what the tenant has; files of the source `agent` stand in the total only. The sum of bytes is
///    exact, or the most that its number holds.
///  - `folder` answers where a new file belongs, below the tenant's folder in the backend's artifact directory: `user`
///    and `temp` without a session, `sessions/<id>/user`, `agent` and `scratchpad` with one. It makes nothing and does
///    not ask whether the session exists. `failed_precondition` if the backend has no artifact directory.
///
/// It does not promise that a file exists, or is what its description says; see `describe_file`. It never reads, moves
/// or writes a file, and removes none but as `remove` and the deletion of a session say.
template <class T>
concept ArtifactStorage = requires(T& store, const Context& context, const Artifact& artifact, const std::string& text,
                                   const std::optional<std::string>& session_id, const ArtifactFilter& filter,
                                   const PageRequest& page, const WriteOptions& options, DeleteMode mode,
                                   ArtifactFolder kind) {
  { store.index(context, artifact, options) } -> std::same_as<std::string>;
  { store.get(context, text) } -> std::same_as<std::optional<Artifact>>;
  { store.get_by_name(context, text, session_id) } -> std::same_as<std::optional<Artifact>>;
  { store.list(context, filter, page) } -> std::same_as<Page<Artifact>>;
  { store.search(context, text, page) } -> std::same_as<Page<Artifact>>;
  { store.update(context, artifact, options) } -> std::same_as<bool>;
  { store.remove(context, text, mode, options) } -> std::same_as<bool>;
  { store.record_access(context, text, options) } -> std::same_as<bool>;
  { store.statistics(context) } -> std::same_as<ArtifactStatistics>;
  { store.folder(context, kind, session_id) } -> std::same_as<std::filesystem::path>;
};

}  // namespace heddle
