// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/artifact_folder.hpp"
#include "heddle/adoption/columns.hpp"
#include "heddle/adoption/loom_json.hpp"
#include "heddle/adoption/notes.hpp"
#include "heddle/adoption/row_text.hpp"
#include "heddle/adoption/source_table.hpp"
#include "heddle/context.hpp"
#include "heddle/control_characters.hpp"
#include "heddle/detail/crypto/base64.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/stores/detail/content_upload.hpp"
#include "heddle/transfer/record_types.hpp"
#include "heddle/transfer/rows.hpp"
#include "heddle/transfer/stream_writer.hpp"
#include "heddle/validation/json_check.hpp"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::adoption {

/// The artifacts of a tenant, and their files as contents.
template <class Source, class Sessions>
class Artifacts {
 public:
  Artifacts(Source& source, const SourceTable& table, const SourceFolder& folder, const std::string& tenant,
            const Sessions& sessions, const Context& context, Notes& notes)
      : source_(source),
        table_(table),
        folder_(folder),
        tenant_(tenant),
        sessions_(sessions),
        context_(context),
        notes_(notes) {}

  void write(transfer::StreamWriter& out) {
    if (table_.columns.empty()) { return; }
    source_.each("SELECT " + select_list<Source>(table_, known::artifacts) + " FROM " + source_.all_of("artifacts") +
                     " WHERE " + Source::of_tenant("") + " ORDER BY created_at, " + Source::row_order(),
                 {tenant_}, [&](const auto& row) { write_artifact(out, row); });
    for (const auto& [checksum, file] : contents_) { write_content(out, checksum, file.first, file.second); }
    for (const auto& [id, version] : versions_) {
      append_row(out.begin(transfer::RecordType::artifact_version), version);
      out.end();
    }
  }

  [[nodiscard]] std::int64_t files() const noexcept { return static_cast<std::int64_t>(versions_.size()); }

 private:
  template <class Row>
  void write_artifact(transfer::StreamWriter& out, const Row& source_row) {
    context_.check();
    Columns<Row> columns(source_row, "artifacts", known::artifacts, notes_);
    transfer::ArtifactRow row;
    row.id = columns.id();
    row.name = columns.text(limits::of<&Artifact::name>);
    row.path = columns.text(limits::of<&Artifact::path>);
    row.source = columns.name("source", ArtifactSource::generated);
    row.source_agent_id = columns.text(limits::of<&Artifact::source_agent_id>);
    row.purpose = columns.text();
    row.content_type = columns.text(limits::of<&Artifact::content_type>);
    row.size_bytes = columns.count(most);
    row.checksum = columns.text(limits::of<&Artifact::checksum>);
    row.created_at = columns.time();
    row.updated_at = columns.time();
    row.last_accessed_at = columns.optional_time();
    row.access_count = columns.count(most);
    const std::string tags = columns.json();
    const std::string metadata = columns.json();
    row.deleted_at = columns.deletion();
    row.session_id = columns.id();
    if (!is_usable_id(row.id)) {
      notes_.leave_out("artifacts", "", "the id is empty, too long or no UTF-8");
      return;
    }
    if (row.session_id->empty()) { row.session_id.reset(); }
    if (row.session_id && !sessions_.has(*row.session_id)) {
      notes_.change("artifacts", "session_id", "the session does not exist for this tenant: they have none");
      row.session_id.reset();
    }
    if (const auto list = tags_of(tags); !list.empty()) { row.tags = transfer::JsonColumn{sql::json::encode(list)}; }
    if (const auto map = metadata_of(metadata); !map.empty()) {
      row.metadata = transfer::JsonColumn{sql::json::encode(map)};
    }
    row.revision = 1;
    take_file(row);
    append_row(out.begin(transfer::RecordType::artifact), row);
    out.end();
  }

  void take_file(transfer::ArtifactRow& row) {
    const auto file = folder_.find(row.path);
    if (!file) {
      notes_.leave_out("artifacts", "path", "no file in the artifact folder: the index is adopted, without a content");
      return;
    }
    heddle::detail::crypto::Sha256 digest;
    const std::int64_t size =
        read_file(*file, stores::detail::chunk_bytes, [&](std::string_view bytes) { digest.update(bytes); });
    const std::string checksum = digest.hex();
    if (row.checksum != checksum || row.size_bytes != size) {
      notes_.change("artifacts", "checksum", "the file was another one than the index said: the index says what it is");
    }
    row.checksum = checksum;
    row.size_bytes = size;
    row.version = 1;
    contents_.try_emplace(checksum, *file, size);
    versions_.emplace(row.id, transfer::VersionRow{row.id, 1, checksum, size, row.content_type, row.updated_at});
  }

  void write_content(transfer::StreamWriter& out, const std::string& checksum, const std::filesystem::path& file,
                     std::int64_t size) {
    append_row(out.begin(transfer::RecordType::content), transfer::ContentRow{checksum, size});
    out.end();
    heddle::detail::crypto::Sha256 digest;
    std::int64_t position = 0;
    read_file(file, stores::detail::chunk_bytes, [&](std::string_view bytes) {
      context_.check();
      digest.update(bytes);
      std::string& text = out.begin(transfer::RecordType::content_chunk);
      text += ",\"position\":";
      transfer::append_number(text, position++);
      text.append(R"(,"bytes":")").append(heddle::detail::crypto::to_base64(bytes)).append("\"");
      out.end();
    });
    if (digest.hex() != checksum) {
      throw Error(ErrorCode::conflict, "the file of an artifact was changed meanwhile: stop the Go server");
    }
  }

  [[nodiscard]] std::vector<std::string> tags_of(const std::string& json) {
    std::vector<std::string> tags;
    if (json.empty()) { return tags; }
    if (!json.starts_with('[') || !validation::is_json(json)) {
      notes_.change("artifacts", "tags", "no list in JSON: they have no tags");
      return tags;
    }
    for_each_element(json, [&](std::string_view value) {
      std::string tag = value.starts_with('"') ? json_text(value) : std::string(value);
      if (tag.size() > limits::of<&Artifact::tags> || find_control(tag) != std::string::npos ||
          tags.size() == limits::list) {
        notes_.leave_out("artifacts", "tags", "tags that are too long or too many, or have control characters");
      } else {
        tags.push_back(std::move(tag));
      }
    });
    return tags;
  }
  [[nodiscard]] std::map<std::string, std::string> metadata_of(std::string json) {
    if (json.empty()) { return {}; }
    if (json.starts_with('{') && validation::is_json(json)) {
      if (auto texts = json_texts(json); can_be_stored(texts)) { return texts; }
    }
    cut_text(json, limits::text);
    notes_.change("artifacts", "metadata_json",
                  "no object in JSON that can be stored: it is the metadata \"value\", as text");
    return {{"value", std::move(json)}};
  }

  static constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

  Source& source_;
  const SourceTable& table_;
  const SourceFolder& folder_;
  const std::string& tenant_;
  const Sessions& sessions_;
  const Context& context_;
  Notes& notes_;
  std::map<std::string, std::pair<std::filesystem::path, std::int64_t>> contents_{};  ///< by checksum
  std::map<std::string, transfer::VersionRow> versions_{};                            ///< by artifact
};

}  // namespace heddle::adoption
