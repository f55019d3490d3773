#pragma once

#include "heddle/error.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/migration_status.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/proto/storage.pb.h"
#include "heddle/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

/// @file
/// Conversions between the model and the messages of storage.proto.
namespace heddle {

/// Returns the message of a reference. Its time is truncated to milliseconds.
[[nodiscard]] inline v1::DataReference to_proto(const DataReference& reference) {
  v1::DataReference message;
  message.set_id(reference.id);
  message.set_size_bytes(reference.size_bytes);
  switch (reference.location) {
    case DataLocation::memory: message.set_location(v1::STORAGE_LOCATION_MEMORY); break;
    case DataLocation::disk: message.set_location(v1::STORAGE_LOCATION_DISK); break;
    case DataLocation::database: message.set_location(v1::STORAGE_LOCATION_DATABASE); break;
  }
  message.set_checksum(reference.checksum);
  message.set_compressed(reference.compressed);
  message.set_content_type(reference.content_type);
  message.mutable_metadata()->insert(reference.metadata.begin(), reference.metadata.end());
  message.set_stored_at(std::chrono::floor<std::chrono::milliseconds>(reference.stored_at).time_since_epoch().count());
  return message;
}

/// Returns the reference in a message. Throws `invalid_argument` if its location is unknown or its time is out of
/// range.
[[nodiscard]] inline DataReference from_proto(const v1::DataReference& message) {
  const auto location = [&] {
    switch (message.location()) {
      case v1::STORAGE_LOCATION_MEMORY: return DataLocation::memory;
      case v1::STORAGE_LOCATION_DISK: return DataLocation::disk;
      case v1::STORAGE_LOCATION_DATABASE: return DataLocation::database;
      default: throw Error(ErrorCode::invalid_argument, "the data reference has an unknown location");
    }
  };
  constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max() / 1000;
  if (message.stored_at() > latest || message.stored_at() < -latest) {
    throw Error(ErrorCode::invalid_argument, "the data reference's time stored_at is out of range");
  }
  return {.id = message.id(),
          .size_bytes = message.size_bytes(),
          .location = location(),
          .checksum = message.checksum(),
          .compressed = message.compressed(),
          .content_type = message.content_type(),
          .metadata = {message.metadata().begin(), message.metadata().end()},
          .stored_at = Timestamp(std::chrono::milliseconds(message.stored_at()))};
}

/// Returns the message of a migration that a database lacks.
[[nodiscard]] inline v1::MigrationStep to_proto(const PendingMigration& migration) {
  v1::MigrationStep message;
  message.set_version(migration.version);
  message.set_description(migration.description);
  message.set_sql(migration.sql);
  return message;
}

/// Returns the message of a pool's state.
[[nodiscard]] inline v1::PoolStats to_proto(const PoolStatistics& pool) {
  const auto narrow = [](std::int64_t count) {
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(count, 0, most));
  };
  v1::PoolStats message;
  message.set_total_connections(narrow(pool.total_connections));
  message.set_idle_connections(narrow(pool.idle_connections));
  message.set_active_connections(narrow(pool.active_connections));
  message.set_max_connections(narrow(pool.max_connections));
  message.set_wait_count(pool.wait_count);
  message.set_wait_duration_ms(pool.wait_duration.count());
  message.set_waiting_calls(pool.waiting_calls);
  return message;
}

}  // namespace heddle
