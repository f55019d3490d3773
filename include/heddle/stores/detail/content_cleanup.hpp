// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/sql/content_rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/first_failure.hpp"
#include "heddle/time.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// How many chunks one transaction removes, of 1 MiB each, and how many uploads one list has.
inline constexpr std::int64_t chunks_removed_at_once = 16;
inline constexpr std::int64_t uploads_at_once = 256;
/// Less than the number of every upload.
inline constexpr std::int64_t before_all_uploads = -1;

template <class Policy>
[[nodiscard]] const auto& content_statements() {
  return sql::statements<typename Policy::Dialect::Contents>();
}

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Returns the name of the file with the content that has this number. Stored files are named by it: it must never
/// change.
[[nodiscard]] std::string content_file_name(std::same_as<std::int64_t> auto number) {
  constexpr std::size_t digits = 16;
  std::string text(digits, '0');
  std::string plain(digits, '0');
  const auto end = std::to_chars(plain.data(), plain.data() + plain.size(), static_cast<std::uint64_t>(number), 16);
  const auto size = static_cast<std::size_t>(end.ptr - plain.data());
  std::copy_n(plain.begin(), size, text.begin() + static_cast<std::ptrdiff_t>(digits - size));
  return text;
}
/// Returns the name that it has until it is complete.
[[nodiscard]] std::string upload_file_name(std::same_as<std::int64_t> auto number) {
  return content_file_name(number) + ".part";
}
/// Returns the number in one of these names; nothing for another name.
[[nodiscard]] std::optional<std::int64_t> number_in_file_name(const std::same_as<std::string> auto& name) {
  std::int64_t number = 0;
  const auto end = std::from_chars(name.data(), name.data() + name.size(), number, 16);
  if (end.ec != std::errc() || number < 0) { return std::nullopt; }
  if (name != content_file_name(number) && name != upload_file_name(number)) { return std::nullopt; }
  return number;
}

/// A context for what must happen after a commit, even if the deadline of the call has passed.
template <std::same_as<Context> Result = Context>
[[nodiscard]] Result cleanup_context() {
  return Result{}.with_timeout(std::chrono::minutes(1));
}

/// Removes the files of an upload that is to be removed.
template <std::same_as<ArtifactFiles> Files>
void remove_upload_files(const Files& files, std::string_view user_id, std::int64_t number) {
  if (const auto folder = files.contents(user_id)) {
    folder->remove_file(upload_file_name(number));
    files.remove_content(user_id, content_file_name(number));
  }
}

/// Removes the bytes of an upload that is to be removed, then the upload. What this leaves, because it throws or the
/// process ends, is left to the next `sweep_orphans`. `write(work)` runs a unit of work in a transaction.
template <class Policy, class Write>
void remove_upload(Write&& write, const std::filesystem::path& artifact_directory, std::string_view user_id,
                   std::int64_t number) {
  const auto& statements = content_statements<Policy>();
  remove_upload_files(ArtifactFiles(artifact_directory), user_id, number);
  for (std::int64_t removed = chunks_removed_at_once; removed == chunks_removed_at_once;) {
    removed = write([&](auto& tx) {
      auto chunks = tx.run(statements.remove_chunks, user_id, number, chunks_removed_at_once);
      tx.run(statements.forget, user_id, number);
      return chunks;
    });
  }
}

/// Does so for some uploads, no more than `chunks_removed_at_once`: those with few bytes in one transaction. Notes the
/// first failure; returns how many were removed.
template <class Policy, class Write>
std::int64_t remove_uploads(Write&& write, const std::filesystem::path& artifact_directory,
                            std::span<const sql::OwnedNumber> uploads, FirstFailure& failure) {
  const ArtifactFiles files(artifact_directory);
  std::vector<const sql::OwnedNumber*> without_files;
  for (const sql::OwnedNumber& upload : uploads) {
    failure.attempt([&] {
      remove_upload_files(files, upload.user_id, upload.number);
      without_files.push_back(&upload);
    });
  }
  if (without_files.empty()) { return 0; }
  std::vector<std::int64_t> forgotten(without_files.size());
  // One that cannot be removed takes the others of the transaction with it: then each is removed alone, which says why.
  FirstFailure together;
  together.attempt([&] {
    const std::int64_t limit = chunks_removed_at_once / std::ssize(without_files);
    forgotten = write([&](auto& tx) {
      const auto& statements = content_statements<Policy>();
      const auto remove = [&](const sql::OwnedNumber& upload) {
        tx.run(statements.remove_chunks, upload.user_id, upload.number, limit);
        return tx.run(statements.forget, upload.user_id, upload.number);
      };
      std::vector<decltype(remove(uploads.front()))> counts;
      counts.reserve(without_files.size());
      for (const sql::OwnedNumber* upload : without_files) { counts.push_back(remove(*upload)); }
      return [counts = std::move(counts)]() mutable {
        std::vector<std::int64_t> rows;
        for (auto& count : counts) { rows.push_back(count()); }
        return rows;
      };
    });
  });
  std::int64_t removed = 0;
  for (std::size_t at = 0; at < forgotten.size(); ++at) {
    const sql::OwnedNumber& upload = *without_files[at];
    failure.attempt([&] {
      // It has more chunks, another call has removed it, or they were not removed together.
      if (forgotten[at] == 0) { remove_upload<Policy>(write, artifact_directory, upload.user_id, upload.number); }
      ++removed;
    });
  }
  return removed;
}

/// Calls `remove(uploads, failure)` for the uploads of a page, some at a time, and of the pages that follow;
/// `list_after(last)` returns the page after an upload. Continues after uploads that cannot be removed, and ends if
/// `check()` or `list_after` throws. Throws the first failure at the end; returns how many were removed.
template <class Check, class Remove, class ListAfter>
std::int64_t remove_each(std::vector<sql::OwnedNumber> page, Check&& check, Remove&& remove, ListAfter&& list_after) {
  constexpr auto at_once = static_cast<std::size_t>(chunks_removed_at_once);
  std::int64_t removed = 0;
  FirstFailure failure;
  failure.attempt([&] {
    while (!page.empty()) {
      const std::span<const sql::OwnedNumber> uploads(page);
      for (std::size_t first = 0; first < uploads.size(); first += at_once) {
        check();
        removed += remove(uploads.subspan(first, std::min(at_once, uploads.size() - first)), failure);
      }
      if (page.size() < static_cast<std::size_t>(uploads_at_once)) { return; }
      page = list_after(page.back());
    }
  });
  failure.rethrow();
  return removed;
}

/// `remove_each` for a tenant's uploads that are to be removed.
template <class Policy, class Passage, class Write>
std::int64_t remove_each_of_tenant(Passage& passage, const Context& context, Write&& write,
                                   const std::vector<std::int64_t>& numbers) {
  const auto owned = [&](const std::vector<std::int64_t>& of_tenant) {
    std::vector<sql::OwnedNumber> uploads;
    uploads.reserve(of_tenant.size());
    for (const std::int64_t number : of_tenant) { uploads.push_back({std::string(passage.user_id()), number}); }
    return uploads;
  };
  return remove_each(
      owned(numbers), [&] { context.check(); },
      [&](std::span<const sql::OwnedNumber> uploads, FirstFailure& failure) {
        return remove_uploads<Policy>(write, passage.artifact_directory(), uploads, failure);
      },
      [&](const sql::OwnedNumber& last) {
        return owned(write([&](auto& tx) {
          return tx.all(content_statements<Policy>().abandoned, tx.user_id(), last.number, uploads_at_once);
        }));
      });
}

/// Removes the bytes of all uploads of a tenant that are to be removed, of which the first are known. See remove_each.
template <class Policy, class Passage>
void remove_all_uploads(Passage& passage, const std::vector<std::int64_t>& numbers) {
  const Context context = cleanup_context();
  remove_each_of_tenant<Policy>(
      passage, context, [&](auto&& work) { return passage.write_within(context, work); }, numbers);
}

/// Removes a tenant's uploads that no call has touched since `before`, and those that are to be removed; returns how
/// many were abandoned. See remove_each.
template <class Policy, class Passage>
[[nodiscard]] std::int64_t sweep_uploads(Passage& passage, Timestamp present, Timestamp before) {
  const auto& statements = content_statements<Policy>();
  const std::vector<std::int64_t> numbers = passage.write([&](auto& tx) {
    tx.run(statements.abandon_old, tx.user_id(), present, before);
    return tx.all(statements.abandoned, tx.user_id(), before_all_uploads, uploads_at_once);
  });
  return remove_each_of_tenant<Policy>(
      passage, passage.context(), [&](auto&& work) { return passage.write(work); }, numbers);
}

/// Removes a tenant's files of contents that no row knows, such as after a database was restored from a backup; returns
/// how many. A file is made after its row, so one that was found first and has no row then belongs to no upload.
template <class Policy, class Passage>
[[nodiscard]] std::int64_t sweep_files(Passage& passage) {
  const ArtifactFiles files(passage.artifact_directory());
  const auto folder = files.contents(passage.user_id());
  if (!folder) { return 0; }
  std::int64_t swept = 0;
  for (const std::string& name : folder->all_names()) {
    passage.context().check();
    const auto number = number_in_file_name(name);
    if (!number) { continue; }
    const auto known =
        passage.read([&](auto& tx) { return tx.one(content_statements<Policy>().is_known, tx.user_id(), *number); });
    if (!known && files.remove_content(passage.user_id(), name)) { ++swept; }
  }
  return swept;
}

}  // namespace heddle::stores::detail
