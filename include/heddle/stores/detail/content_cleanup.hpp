// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/time.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace heddle::stores::detail {

/// How many chunks one transaction removes, of 1 MiB each, and how many uploads one list has.
inline constexpr std::int64_t chunks_removed_at_once = 16;
inline constexpr std::int64_t uploads_at_once = 256;

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

/// Removes the bytes of uploads that are to be removed, then the uploads. A number must be that of such an upload. What
/// this leaves, because it throws or the process ends, is left to the next `sweep_orphans`. `write(work)` runs a unit
/// of work in a transaction.
template <class Policy, class Write>
void remove_uploads(Write&& write, const std::filesystem::path& artifact_directory, std::string_view user_id,
                    const std::vector<std::int64_t>& numbers) {
  if (numbers.empty()) { return; }
  const auto& statements = content_statements<Policy>();
  const auto folder = ArtifactFiles(artifact_directory).contents(user_id);
  for (const std::int64_t number : numbers) {
    if (folder) {
      folder->remove_file(upload_file_name(number));
      folder->remove_file(content_file_name(number));
    }
    for (std::int64_t removed = chunks_removed_at_once; removed == chunks_removed_at_once;) {
      removed = write([&](auto& tx) {
        auto chunks = tx.run(statements.remove_chunks, user_id, number, chunks_removed_at_once);
        tx.run(statements.forget, user_id, number);
        return chunks;
      });
    }
  }
}

/// Removes the bytes of all uploads of a tenant that are to be removed, of which the first are known.
template <class Policy, class Passage>
void remove_all_uploads(Passage& passage, std::vector<std::int64_t> numbers) {
  const Context context = cleanup_context();
  const auto write = [&](auto&& work) { return passage.write_within(context, work); };
  for (;;) {
    remove_uploads<Policy>(write, passage.artifact_directory(), passage.user_id(), numbers);
    if (numbers.size() < static_cast<std::size_t>(uploads_at_once)) { return; }
    numbers =
        write([&](auto& tx) { return tx.all(content_statements<Policy>().abandoned, tx.user_id(), uploads_at_once); });
  }
}

/// Removes a tenant's uploads that nobody has touched since `before`, and those that are to be removed; returns how
/// many were abandoned.
template <class Policy, class Passage>
[[nodiscard]] std::int64_t sweep_uploads(Passage& passage, Timestamp present, Timestamp before) {
  const auto& statements = content_statements<Policy>();
  std::int64_t swept = 0;
  std::vector<std::int64_t> numbers = passage.write([&](auto& tx) {
    tx.run(statements.abandon_old, tx.user_id(), present, before);
    return tx.all(statements.abandoned, tx.user_id(), uploads_at_once);
  });
  const auto write = [&](auto&& work) { return passage.write(work); };
  while (!numbers.empty()) {
    passage.context().check();
    remove_uploads<Policy>(write, passage.artifact_directory(), passage.user_id(), numbers);
    swept += static_cast<std::int64_t>(numbers.size());
    if (numbers.size() < static_cast<std::size_t>(uploads_at_once)) { break; }
    numbers = write([&](auto& tx) { return tx.all(statements.abandoned, tx.user_id(), uploads_at_once); });
  }
  return swept;
}

/// Removes a tenant's files of contents that no row knows, such as after a database was restored from a backup; returns
/// how many. A file is made after its row, so one that was found first and has no row then is nobody's.
template <class Policy, class Passage>
[[nodiscard]] std::int64_t sweep_files(Passage& passage) {
  const auto folder = ArtifactFiles(passage.artifact_directory()).contents(passage.user_id());
  if (!folder) { return 0; }
  std::int64_t swept = 0;
  for (const std::string& name : folder->all_names()) {
    passage.context().check();
    const auto number = number_in_file_name(name);
    if (!number) { continue; }
    const auto known =
        passage.read([&](auto& tx) { return tx.one(content_statements<Policy>().is_known, tx.user_id(), *number); });
    if (!known && folder->remove_file(name)) { ++swept; }
  }
  return swept;
}

}  // namespace heddle::stores::detail
