// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/sqlite_c/fts5_api.hpp"
#include "heddle/error.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

namespace heddle::sqlite::search {

/// The version of the analysis. An index is filled only with words of its own version.
inline constexpr std::int64_t analysis_version = 1;

/// Splits texts and queries into words: FTS5's tokenizer `porter unicode61`. One for each connection.
class Words {
 public:
  /// The connection must outlive the object. Throws `failed_precondition` if the SQLite library has no FTS5.
  explicit Words(sqlite3* connection) {
    fts5_api& api = heddle::detail::sqlite_c::fts5_api_of(connection);
    void* context = nullptr;
    const char* base = "unicode61";
    if (api.xFindTokenizer(&api, "porter", &context, &porter_) != SQLITE_OK ||
        porter_.xCreate(context, &base, 1, &tokenizer_) != SQLITE_OK) {
      throw Error(ErrorCode::failed_precondition, "this SQLite library has no tokenizer `porter unicode61`");
    }
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  Words(Words&&) = delete;
  Words& operator=(Words&&) = delete;
  ~Words() { porter_.xDelete(tokenizer_); }

  /// Calls `visit(std::string_view)` with each word of the text, in order: in lower case, without accents, as its stem.
  /// Throws what `visit` throws.
  template <class Visit>
  void for_each(std::string_view text, Visit visit) {
    if (text.empty()) { return; }
    Visiting<Visit> visiting{visit, nullptr};
    const int code = porter_.xTokenize(tokenizer_, &visiting, FTS5_TOKENIZE_DOCUMENT, text.data(),
                                       static_cast<int>(text.size()), &on_word<Visit>);
    if (visiting.failure) { std::rethrow_exception(visiting.failure); }
    if (code != SQLITE_OK) { throw Error(ErrorCode::resource_exhausted, "splitting a text into words failed"); }
  }

 private:
  template <class Visit>
  struct Visiting {
    Visit& visit;
    std::exception_ptr failure;
  };

  /// Keeps exceptions out of the library, which is written in C.
  template <class Visit>
  static int on_word(void* erased, int /*flags*/, const char* word, int size, int /*begin*/, int /*end*/) noexcept {
    auto& visiting = *static_cast<Visiting<Visit>*>(erased);
    try {
      visiting.visit(std::string_view(word, static_cast<std::size_t>(size)));
      return SQLITE_OK;
    } catch (...) { visiting.failure = std::current_exception(); }
    return SQLITE_ABORT;
  }

  fts5_tokenizer porter_{};
  Fts5Tokenizer* tokenizer_ = nullptr;
};

}  // namespace heddle::sqlite::search
