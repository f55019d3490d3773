#pragma once

#include "heddle/context.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/model/artifact_reader.hpp"
#include "heddle/model/artifact_search.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/model/content_source.hpp"
#include "heddle/options.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace heddle {

/// Files of users and agents: their descriptions, and their contents or paths.
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
///  - `search`: see ArtifactSearch. The newest first is the order of `list`; the ranking of the best differs between
///    backends, the set of matches does not. How rare a word is, is counted in the tenant's own artifacts.
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
/// Contents. An artifact has the versions that were put under its id, or, if none was, the file at its path.
///
///  - `put` stores content as the next version of the artifact and returns the version; if there is no artifact with
///    the id, it inserts the given one, as `index` does, with version 1. With revision 0 an artifact that exists keeps
///    its description, but for size, checksum, time of the update, and content type; with the revision of a loaded
///    artifact the description is replaced, too, or it throws as `index` does. Size and checksum are those of the
///    content; the content type is the given one or, if it is empty, what the first bytes tell: a dozen of types, or
///    those that libmagic knows, if the build has it (HEDDLE_WITH_LIBMAGIC). Earlier versions stay. Only `put` and
///    `restore_version` make versions; what `index` and `update` say of size, checksum and type does not change any.
///  - Content is read piece by piece: a put needs the same memory for any length, up to `limits::content`, and no
///    transaction is longer than 4 MiB of it. No call sees it before all of it is stored; a put that throws leaves
///    nothing that is seen or counted, nor, unless the process or the database fails, anything at all. Throws
///    `invalid_argument` if the content is not of the size or the checksum that the options declare,
///    `resource_exhausted` if the tenant would have more bytes than its quota, or the content alone has, `not_found` if
///    its session does not exist, and what its source throws.
///  - The same content of one tenant is stored once, whatever artifacts and versions have it; two tenants share
///  nothing.
///    It is removed with the last version that has it: when its artifact is removed in hard mode, or its session is
///    deleted.
///  - `open` returns a reader of a version; 0 is the last one. An artifact without versions is read at its path, if
///  that
///    leads to a regular file in the tenant's own artifact folder, without a link or `..`, else it throws `not_found`;
///    the file must have the described size and checksum, if they are described. Throws `not_found` if there is no such
///    artifact or version, or if the artifact is soft-deleted.
///  - `versions` returns the versions, newest first; none of an artifact that does not exist or is soft-deleted.
///    `restore_version` makes the next version out of an earlier one, and returns it; throws `not_found` if there is
///    none. `verify` reads a version as `open` does, and returns what it finds instead of throwing `data_loss`.
///  - `sweep_orphans` removes what puts have left that ended without an answer, if they have not stored anything for
///  this
///    long by the clock of the database, what removals have left, and files of contents that no row knows; returns how
///    many of them there were. A put that is slower than that between two batches of 4 MiB, or whose source gives
///    nothing for so long, throws `unavailable`. To be called regularly, such as once a day with an age of a day.
///  - `purge_deleted` removes the artifacts that have been soft-deleted for at least the grace period, by the clock of
///  the
///    database, of all tenants, with contents and files as `remove` in hard mode does; the Context needs no user.
///    Returns how many. If a file cannot be removed, it continues and throws the first failure at the end. On a backend
///    that administers tenants it needs that right, and throws without it what AdministersTenants says. Rows come
///    before files: once rows are removed, their files are removed even if the deadline passes or a stop is requested.
///  - `set_quota` sets how many bytes the tenant's contents may have, instead of the default of the configuration;
///    `content_usage` returns it with what they have. What is stored already stays. A content whose bytes alone are
///    more than the quota can be refused even if the tenant has it already, as that is known only at its end. What is
///    not stored completely does not count: each of several puts at once can use as much space as the quota until it
///    ends.
///
/// It does not guarantee that the file at a path exists or matches its description; see `describe_file`. It never
/// writes or moves such a file. Only `remove`, `purge_deleted` and the removal of a session remove files at paths.
template <class T>
concept ArtifactStorage = requires(T& store, const Context& context, const Artifact& artifact,
                                   const ArtifactPatch& patch, const ArtifactSearch& search, const std::string& text,
                                   const std::optional<std::string>& session_id, const ArtifactFilter& filter,
                                   const PageRequest& page, const WriteOptions& options, DeleteMode mode,
                                   ArtifactFolder kind, const ContentSource& content, const PutOptions& put_options,
                                   std::int64_t version, std::chrono::seconds age, std::optional<std::int64_t> bytes) {
  { store.index(context, artifact, options) } -> std::same_as<std::string>;
  { store.get(context, text) } -> std::same_as<std::optional<Artifact>>;
  { store.get_by_name(context, text, session_id) } -> std::same_as<std::optional<Artifact>>;
  { store.list(context, filter, page) } -> std::same_as<Page<Artifact>>;
  { store.search(context, search, page) } -> std::same_as<FoundArtifacts>;
  { store.update(context, artifact, options) } -> std::same_as<bool>;
  { store.update(context, text, patch, options) } -> std::same_as<bool>;
  { store.remove(context, text, mode, options) } -> std::same_as<bool>;
  { store.record_access(context, text, options) } -> std::same_as<bool>;
  { store.statistics(context) } -> std::same_as<ArtifactStatistics>;
  { store.folder(context, kind, session_id) } -> std::same_as<std::filesystem::path>;
  { store.put(context, artifact, content, put_options) } -> std::same_as<ArtifactVersion>;
  { store.open(context, text, version) } -> std::same_as<ArtifactReader>;
  { store.versions(context, text, page) } -> std::same_as<Page<ArtifactVersion>>;
  { store.restore_version(context, text, version, options) } -> std::same_as<ArtifactVersion>;
  { store.verify(context, text, version) } -> std::same_as<ContentState>;
  { store.sweep_orphans(context, age) } -> std::same_as<std::int64_t>;
  { store.purge_deleted(context, age) } -> std::same_as<std::int64_t>;
  { store.content_usage(context) } -> std::same_as<ContentUsage>;
  { store.set_quota(context, bytes) } -> std::same_as<void>;
};

}  // namespace heddle
