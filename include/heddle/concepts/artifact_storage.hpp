#pragma once

#include "heddle/context.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <filesystem>
#include <optional>
#include <string>

namespace heddle {

/// Descriptions of files of users and agents, and the paths of these files.
///
/// Every operation works for the tenant of the Context only; an id of another tenant behaves like an id that does not
/// exist. Input is validated before anything is sent to the database (`invalid_argument`). Operations throw only Error.
/// A write that returned is stored; a write that threw has changed nothing, unless the error is `in_doubt()` or this
/// comment says otherwise. Many threads may call all operations at once.
///
///  - `index` writes an artifact as a whole and returns its id (generated if empty). With revision 0 it inserts; if an
///    artifact with the id exists, it changes nothing if the description is the same, else throws `conflict`. With the
///    revision of a loaded artifact it replaces the description; throws `conflict` if the artifact has another revision
///    by now, `not_found` if it does not exist. A new artifact is stored with the given creation time, access count and
///    last access; an existing artifact keeps its own. Only `remove` sets `deleted_at`. Throws `failed_precondition` if
///    the artifact is soft-deleted and `not_found` if its session does not exist. A revision counts changes of the
///    description, not accesses. Deleting a session deletes its artifacts. Name, path, content type,
///    checksum and each tag have at most `limits::name` bytes; tags contain no control characters (U+0000 to U+001F,
///    U+007F to U+009F); sizes and counts are not negative.
///  - `get` returns the artifact; nothing if it does not exist or is soft-deleted. `get_by_name` returns the newest
///    artifact with this name in the session, or, if no session is given, the newest among those without a session.
///  - `list` returns the artifacts that match all parts of the filter, ordered by creation, newest first, then by id.
///    It is the only operation that can return soft-deleted artifacts, on request. A tag matches as a whole, byte for
///    byte.
///  - `search` searches name, purpose and tags for words and phrases as in MessageSearch, each of them in any of the
///    three; it never returns soft-deleted artifacts. Best match first; the ranking differs between backends, the set
///    of matches does not.
///  - `update` with an artifact is `index` for an existing one: returns false if it does not exist or is soft-deleted.
///    `update` with a patch changes what the patch names and nothing else. It reads, then writes at the revision that
///    it has read, and begins again if another call came between: on PostgreSQL two round trips.
///  - `remove` in soft mode hides an artifact from every operation but `list` and keeps its file; returns false if
///    there was no visible artifact. In hard mode it removes the row, also of a soft-deleted artifact, and then the
///    file, if the path is in the tenant's own artifact folder, is not a folder, does not pass through a link or `..`,
///    and no other artifact of the tenant has the same path. Throws `permission_denied` or `unavailable` if the file
///    cannot be removed; the row is removed then. A crash between the two steps leaves the file without its row. A
///    repeat by idempotency key never removes a file.
///  - `record_access` increments the access count and stores the time of the access; returns false if the artifact does
///    not exist. `updated_at` is not changed. A count at its maximum stays there.
///  - `statistics` counts the tenant's artifacts; files of the source `agent` are in the total only. The sum of bytes
///    is exact, or the largest number of its type.
///  - `folder` returns the folder for a new file, below the tenant's folder in the backend's artifact directory: `user`
///    or `temp` without a session, `sessions/<id>/user`, `agent` or `scratchpad` with a session. It creates nothing and
///    does not check that the session exists. Throws `failed_precondition` if the backend has no artifact directory.
///
/// It does not guarantee that a file exists or matches its description; see `describe_file`. It never reads, moves or
/// writes a file. Only `remove` and the deletion of a session remove files.
template <class T>
concept ArtifactStorage = requires(T& store, const Context& context, const Artifact& artifact,
                                   const ArtifactPatch& patch, const std::string& text,
                                   const std::optional<std::string>& session_id, const ArtifactFilter& filter,
                                   const PageRequest& page, const WriteOptions& options, DeleteMode mode,
                                   ArtifactFolder kind) {
  { store.index(context, artifact, options) } -> std::same_as<std::string>;
  { store.get(context, text) } -> std::same_as<std::optional<Artifact>>;
  { store.get_by_name(context, text, session_id) } -> std::same_as<std::optional<Artifact>>;
  { store.list(context, filter, page) } -> std::same_as<Page<Artifact>>;
  { store.search(context, text, page) } -> std::same_as<Page<Artifact>>;
  { store.update(context, artifact, options) } -> std::same_as<bool>;
  { store.update(context, text, patch, options) } -> std::same_as<bool>;
  { store.remove(context, text, mode, options) } -> std::same_as<bool>;
  { store.record_access(context, text, options) } -> std::same_as<bool>;
  { store.statistics(context) } -> std::same_as<ArtifactStatistics>;
  { store.folder(context, kind, session_id) } -> std::same_as<std::filesystem::path>;
};

}  // namespace heddle
