// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sqlite::search {

/// The terms of the index `message_words`. Each starts with its tenant: the digits of the tenant's number to the base
/// 64, each a byte from 0x80 to 0xBF. No word in UTF-8 starts with such a byte, so no term of one tenant is a term of
/// another one, and no text can make one. Indexes hold them: they must never change.
///
/// Behind the last word of a text is the term of its end, whose place is the number of its words: how long a text is
/// belongs to its rank, and a table of lengths would cost each text a page of its own in a batch.
class IndexTerms {
 public:
  explicit IndexTerms(std::int64_t tenant) {
    do {
      prefix_.push_back(static_cast<char>(0x80 + (tenant & 63)));
      tenant >>= 6;
    } while (tenant > 0);
  }

  void append_word(std::string& terms, std::string_view word) const { terms.append(prefix_).append(word); }
  void append_end(std::string& terms) const { terms.append(prefix_).push_back(end_mark); }

  /// Replaces `terms` by those of a text, separated by spaces.
  template <class Words>
  void write(std::string& terms, Words& words, std::string_view text) const {
    terms.clear();
    words.for_each(text, [&](std::string_view word) {
      append_word(terms, word);
      terms.push_back(' ');
    });
    append_end(terms);
  }

 private:
  /// In no UTF-8, and not a digit of a tenant.
  static constexpr char end_mark = '\xff';

  std::string prefix_;
};

}  // namespace heddle::sqlite::search
