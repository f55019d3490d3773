#pragma once

#include <libpq-fe.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace support {

/// Returns the connection string of the superuser of the server that tests may use.
inline std::string postgres_server() {
  const char* const dsn = std::getenv("HEDDLE_TEST_POSTGRES");
  if (dsn == nullptr || *dsn == '\0') {
    throw std::runtime_error("this test needs a PostgreSQL server: run tests/run or set HEDDLE_TEST_POSTGRES");
  }
  return dsn;
}

/// Returns a connection string, `keyword='value' ...`, with some of its parts replaced or added.
inline std::string with_settings(const std::string& dsn, const std::map<std::string, std::string>& settings) {
  const std::unique_ptr<PQconninfoOption, decltype(&::PQconninfoFree)> parsed(::PQconninfoParse(dsn.c_str(), nullptr),
                                                                              &::PQconninfoFree);
  if (!parsed) { throw std::runtime_error("this is not a PostgreSQL connection string"); }
  std::map<std::string, std::string> all = settings;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) { all.emplace(option->keyword, option->val); }
  }
  std::string text;
  for (const auto& [keyword, value] : all) {
    text += (text.empty() ? "" : " ") + keyword + "='";
    for (const char c : value) {
      if (c == '\'' || c == '\\') { text += '\\'; }
      text += c;
    }
    text += '\'';
  }
  return text;
}

}  // namespace support
