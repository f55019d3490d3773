// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/sqlite_c/fts5_api.hpp"
#include "heddle/detail/sqlite_c/handles.hpp"
#include "heddle/error.hpp"

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <string_view>
#include <type_traits>

namespace heddle::postgres::search {

/// Splits text into words with a tokenizer of SQLite, `porter unicode61` of FTS5: that was the analysis before the
/// first numbered one, on both backends.
class WordSplitter {
 public:
  /// Returns the splitter of the calling thread: a tokenizer writes to a buffer of its own, some hundred bytes.
  [[nodiscard]] static WordSplitter& of_thread() {
    thread_local WordSplitter splitter;
    return splitter;
  }

  /// Calls `visit(std::string_view)` with each word of the text in order: in lower case, without accents, as its stem.
  /// Throws what `visit` throws.
  template <class Visit>
  void split(std::string_view text, Visit&& visit) {
    if (text.empty()) { return; }
    Call<std::remove_reference_t<Visit>> call{visit, nullptr};
    const int code = library_.xTokenize(tokenizer_.get(), &call, FTS5_TOKENIZE_DOCUMENT, text.data(),
                                        static_cast<int>(text.size()), &on_word<std::remove_reference_t<Visit>>);
    if (call.failure) { std::rethrow_exception(call.failure); }
    if (code != SQLITE_OK) { throw Error(ErrorCode::resource_exhausted, "splitting a text into words failed"); }
  }

 private:
  /// The tokenizers of the linked SQLite library, which it registers in an empty in-memory database.
  class Library {
   public:
    static Library& instance() {
      static Library library;
      return library;
    }

    /// Returns a new tokenizer, which does not depend on this object. Safe to call from many threads.
    [[nodiscard]] Fts5Tokenizer* make() {
      const std::lock_guard lock(mutex_);
      std::array<const char*, 1> arguments{"unicode61"};
      Fts5Tokenizer* made = nullptr;
      if (porter_.xCreate(context_, arguments.data(), static_cast<int>(arguments.size()), &made) != SQLITE_OK) {
        fail();
      }
      return made;
    }
    [[nodiscard]] const fts5_tokenizer& porter() const noexcept { return porter_; }

   private:
    Library() {
      fts5_api& api = heddle::detail::sqlite_c::fts5_api_of(connection_.get());
      if (api.xFindTokenizer(&api, "porter", &context_, &porter_) != SQLITE_OK) { fail(); }
    }
    [[noreturn]] static void fail() {
      throw Error(ErrorCode::failed_precondition,
                  "the linked SQLite library has no tokenizer `porter unicode61`: build it with FTS5");
    }

    std::mutex mutex_;
    heddle::detail::sqlite_c::Connection connection_ = heddle::detail::sqlite_c::open_in_memory();
    void* context_ = nullptr;
    fts5_tokenizer porter_{};
  };

  struct Delete {
    void (*function)(Fts5Tokenizer*) = nullptr;
    void operator()(Fts5Tokenizer* tokenizer) const { function(tokenizer); }
  };

  template <class Visit>
  struct Call {
    Visit& visit;
    std::exception_ptr failure;
  };

  /// Keeps exceptions out of the library, which is written in C.
  template <class Visit>
  static int on_word(void* erased, int /*flags*/, const char* word, int size, int /*begin*/, int /*end*/) noexcept {
    auto& call = *static_cast<Call<Visit>*>(erased);
    try {
      call.visit(std::string_view(word, static_cast<std::size_t>(size)));
      return SQLITE_OK;
    } catch (...) { call.failure = std::current_exception(); }
    return SQLITE_ABORT;
  }

  WordSplitter()
      : library_(Library::instance().porter()), tokenizer_(Library::instance().make(), Delete{library_.xDelete}) {}

  fts5_tokenizer library_;
  std::unique_ptr<Fts5Tokenizer, Delete> tokenizer_;
};

}  // namespace heddle::postgres::search
