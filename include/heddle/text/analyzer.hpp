// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/repair_text.hpp"
#include "heddle/text/bytes.hpp"
#include "heddle/text/folding.hpp"
#include "heddle/text/porter.hpp"
#include "heddle/text/word.hpp"
#include "heddle/text/word_buffer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace heddle::text {

/// Splits texts into words; `for_each_word` says how.
class Analyzer {  // NOLINT(cppcoreguidelines-pro-type-member-init): see stem_
 public:
  /// Calls `visit(const Word&)` with each word of the text in order.
  template <class Visit>
  void split(std::string_view text, Visit& visit) {
    text_ = text;
    state_ = State::none;
    position_ = 0;
    std::size_t at = 0;
    while (at < text.size()) {
      if (static_cast<unsigned char>(text[at]) >= 0x80) {
        at = beyond_ascii(at, visit);
      } else if (lower_letter(text[at]) == 0) {
        if (state_ != State::none) { finish(visit); }
        ++at;
      } else {
        if (state_ != State::letters) { start(State::letters, at, visit); }
        at = ascii_letters(at);
        end_ = at;
      }
    }
    if (state_ != State::none) { finish(visit); }
  }

 private:
  enum class State : std::uint8_t {
    none,     // between words
    letters,  // in a word of letters
    dense,    // in a run of a script without spaces: the buffer has the last two characters, or the first
    symbol,   // after a symbol that what follows may extend
  };

  /// Bytes of a character of a dense run, from which on its further marks are left out.
  static constexpr std::size_t longest_character = 64;

  /// Appends the ASCII letters from an offset on and returns the offset behind them.
  std::size_t ascii_letters(std::size_t at) noexcept {
    const char* from = text_.data() + at;
    const char* const end = text_.data() + text_.size();
    const char* const full = from + std::min(word_.room(), text_.size() - at);
    char* const tail = word_.tail();
    char* to = tail;
    for (char letter = 0; from != full && (letter = lower_letter(*from)) != 0; ++from) { *to++ = letter; }
    word_.grow(static_cast<std::size_t>(to - tail));
    while (from != end && lower_letter(*from) != 0) { ++from; }  // what does not fit is left out
    return static_cast<std::size_t>(from - text_.data());
  }

  /// Reads the code point at an offset, which is not ASCII, and returns the offset behind it.
  template <class Visit>
  std::size_t beyond_ascii(std::size_t at, Visit& visit) {
    const int length = utf8_sequence(text_.substr(at));
    if (length < 0) {
      if (state_ != State::none) { finish(visit); }
      return at + static_cast<std::size_t>(-length);
    }
    const std::uint32_t point = decode_utf8(text_.data() + at, length);
    const std::size_t end = at + static_cast<std::size_t>(length);
    step(Folding::of(point), point, at, end, visit);
    return end;
  }

  /// Continues with a code point, which stands from `at` to `end` in the text.
  template <class Visit>
  void step(const Folded& folded, std::uint32_t point, std::size_t at, std::size_t end, Visit& visit) {
    switch (folded.kind) {
      case Kind::separator:
        if (state_ != State::none) { finish(visit); }
        break;
      case Kind::letter:
        if (state_ != State::letters) { start(State::letters, at, visit); }
        word_.append(folded.view());
        ascii_ = ascii_ && folded.ascii;
        end_ = end;
        break;
      case Kind::mark: add_mark(folded, at, end, visit); break;
      case Kind::dense: add_dense(folded, at, end, visit); break;
      case Kind::breve: add_breve(end); break;
      case Kind::negation: add_negation(folded, at, end, visit); break;
      case Kind::keycap:
        if (state_ == State::none) {
          add_symbol(folded, at, end, visit);
        } else {
          end_ = end;
        }
        break;
      case Kind::dropped:
      case Kind::ignored: end_ = end; break;
      case Kind::joiner:
        joined_ = true;
        end_ = end;
        break;
      case Kind::tag:
        if (state_ == State::symbol) { word_.append(folded.view()); }
        end_ = end;
        break;
      case Kind::modifier:
        if (state_ == State::symbol) {
          end_ = end;
        } else {
          add_symbol(folded, at, end, visit);
        }
        break;
      case Kind::unknown:
      case Kind::symbol:
        // Signs of mathematics join nothing: some are a sign of ASCII with a stroke.
        joined_ = joined_ && (point < 0x2200 || point > 0x22FF);
        add_symbol(folded, at, end, visit);
        break;
      case Kind::regional: add_regional(folded, at, end, visit); break;
      case Kind::apart:
        start(State::letters, at, visit);
        word_.append(folded.view());
        end_ = end;
        finish(visit);
        break;
      case Kind::sequence: add_sequence(point, at, end, visit); break;
    }
  }

  /// Starts a word, after that before it.
  template <class Visit>
  void start(State state, std::size_t at, Visit& visit) {
    if (state_ != State::none) { finish(visit); }
    state_ = state;
    word_.clear();
    begin_ = at;
    last_begin_ = at;
    last_ = 0;
    ascii_ = true;
    joined_ = false;
    half_ = false;
  }

  template <class Visit>
  void add_dense(const Folded& folded, std::size_t at, std::size_t end, Visit& visit) {
    if (state_ != State::dense) {
      start(State::dense, at, visit);
    } else {
      if (folded.composes && word_.compose_syllable(last_, folded)) {
        end_ = end;
        return;
      }
      if (last_ > 0) {
        emit(visit, word_.view(), begin_, WordKind::pair);
        word_.erase_front(last_);
        begin_ = last_begin_;
      }
      last_ = word_.size();
      last_begin_ = at;
    }
    word_.append(folded.view());
    end_ = end;
  }

  template <class Visit>
  void add_mark(const Folded& folded, std::size_t at, std::size_t end, Visit& visit) {
    if (state_ == State::none) { start(State::letters, at, visit); }
    ascii_ = false;
    end_ = end;
    const std::size_t from = state_ == State::dense ? last_ : 0;
    if (state_ == State::dense && word_.size() - from >= longest_character) { return; }
    word_.append_mark(from, folded);
  }

  /// A short u is a letter of its own.
  void add_breve(std::size_t end) noexcept {
    if (state_ == State::letters) { word_.replace_last("\xD0\xB8", "\xD0\xB9"); }
    end_ = end;
  }

  /// The stroke makes another symbol of the symbol before it.
  template <class Visit>
  void add_negation(const Folded& folded, std::size_t at, std::size_t end, Visit& visit) {
    if (state_ == State::symbol) {
      word_.append_mark(0, folded);
    } else if (state_ == State::none && at > 0 &&
               std::string_view("<=>").find(text_[at - 1]) != std::string_view::npos) {
      start(State::symbol, at - 1, visit);
      word_.push(text_[at - 1]);
      word_.append_mark(0, folded);
    }
    end_ = end;
  }

  template <class Visit>
  void add_symbol(const Folded& folded, std::size_t at, std::size_t end, Visit& visit) {
    if (state_ == State::symbol && joined_) {
      word_.append("\xE2\x80\x8D");
      joined_ = false;
    } else {
      start(State::symbol, at, visit);
    }
    word_.append(folded.view());
    end_ = end;
  }

  template <class Visit>
  void add_regional(const Folded& folded, std::size_t at, std::size_t end, Visit& visit) {
    if (state_ == State::symbol && half_) {
      half_ = false;
    } else {
      start(State::symbol, at, visit);
      half_ = true;
    }
    word_.append(folded.view());
    end_ = end;
  }

  template <class Visit>
  void add_sequence(std::uint32_t point, std::size_t at, std::size_t end, Visit& visit) {
    Points points;
    Folding::fold(static_cast<std::int32_t>(point), points);
    for (const std::int32_t each : points) {
      step(Folding::of(static_cast<std::uint32_t>(each)), static_cast<std::uint32_t>(each), at, end, visit);
    }
  }

  /// Ends the word, or the run of a script without spaces.
  template <class Visit>
  void finish(Visit& visit) {
    switch (state_) {
      case State::letters: {
        if (word_.size() == 0) { break; }
        std::string_view term = word_.view();
        if (ascii_ && term.size() >= Porter::shortest && term.size() <= Porter::longest) {
          std::memcpy(stem_.data(), term.data(), stem_.size());  // a fixed size is faster than the right one
          term = {stem_.data(), Porter::stem(stem_.data(), term.size())};
        }
        const Word word{term, word_.view(), begin_, end_, position_++, WordKind::letters};
        visit(word);
        break;
      }
      case State::dense:
        if (last_ > 0) { emit(visit, word_.view(), begin_, WordKind::pair); }
        emit(visit, word_.view().substr(last_), last_begin_, WordKind::single);
        break;
      case State::symbol: emit(visit, word_.view(), begin_, WordKind::symbol); break;
      case State::none: break;
    }
    state_ = State::none;
  }

  template <class Visit>
  void emit(Visit& visit, std::string_view term, std::size_t begin, WordKind kind) {
    const Word word{term, term, begin, end_, position_++, kind};
    visit(word);
  }

  WordBuffer word_;
  std::array<char, Porter::longest> stem_;  // of the last word; not initialised
  std::string_view text_{};
  std::size_t begin_ = 0;       // of the word, or of the last pair
  std::size_t end_ = 0;         // of the word so far
  std::size_t last_begin_ = 0;  // of the last character of a dense run, in the text
  std::size_t last_ = 0;        // the same, in the buffer
  std::uint32_t position_ = 0;  // of the next word
  State state_ = State::none;
  bool ascii_ = true;    // all of the word, folded
  bool joined_ = false;  // a joiner stands behind the symbol
  bool half_ = false;    // the symbol is the first half of a flag
};

}  // namespace heddle::text
