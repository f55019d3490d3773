#pragma once

#include "concurrency/raw_connection.hpp"

#include <string>

namespace support {

/// Returns what is wrong with a file, with the index that is made anew, if there is one; empty if nothing is. Not while
/// others write.
[[nodiscard]] inline std::string damage_of_indexes(const std::string& path) {
  concurrency::RawConnection raw(path);
  if (const std::string damage = raw.damage(); !damage.empty()) { return damage; }
  if (raw.run("SELECT count(*) FROM search_rebuild") == "0") {
    return raw.run("SELECT count(*) FROM sqlite_schema WHERE name = 'message_words_next'") == "0"
               ? ""
               : "an index that is made anew by no version";
  }
  raw.run("INSERT INTO message_words_next (message_words_next) VALUES ('integrity-check')");
  raw.run("CREATE VIRTUAL TABLE temp.next_words USING fts5vocab (main, message_words_next, instance)");
  // One end for each text.
  raw.run(
      "CREATE TEMP TABLE next_texts AS SELECT doc AS key FROM temp.next_words WHERE "
      "substr(hex(CAST(term AS BLOB)), -2) = 'FF'");
  raw.run("CREATE TEMP TABLE old_texts AS SELECT key FROM temp.indexed WHERE is_end");
  const std::string wanted = "SELECT key FROM temp.old_texts WHERE key <= (SELECT position FROM search_rebuild)";
  const std::string made = "SELECT key FROM temp.next_texts";
  if (raw.run("SELECT count(*) = (SELECT count(DISTINCT key) FROM temp.next_texts) FROM temp.next_texts") != "1") {
    return "a text twice in the index that is made anew";
  }
  if (raw.run("SELECT count(*) FROM (" + wanted + " EXCEPT " + made + ")") != "0") {
    return "a text that the index lacks which is made anew";
  }
  if (raw.run("SELECT count(*) FROM (" + made + " EXCEPT " + wanted + ")") != "0") {
    return "a text in the index that is made anew, which is not in the other one";
  }
  return {};
}

}  // namespace support
