// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/occurrences.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

namespace heddle::text {

/// Chooses the part of a text with the most different terms of a query, the first one of several. A template only so
/// that files that search nothing do not compile it.
template <std::same_as<std::string_view> Text>
class SnippetMaker {
 public:
  /// A part of a text, in bytes.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  /// The part, and the words of the query in it, in order. They do not overlap.
  struct Snippet {
    Range part{};
    std::vector<Range> places{};
    std::size_t terms = 0;  ///< how many different ones are in it
  };

  /// `longest` is a number of code points.
  explicit SnippetMaker(std::size_t longest) : longest_(longest) {}

  /// Adds a term of the query; see Occurrences.
  void add(Text phrase, bool begins_word) { occurrences_.add(phrase, begins_word); }

  /// The number of different terms.
  [[nodiscard]] std::size_t terms() const noexcept { return occurrences_.terms(); }

  /// Returns a snippet. It begins at the start of the text or of a word, and splits no word at its end unless that is
  /// longer than the snippet.
  [[nodiscard]] Snippet of(Text text) {
    const Core core = read(text);
    Snippet snippet;
    snippet.terms = core.terms;
    snippet.part.begin = begin_of(text, core);
    snippet.part.end = end_of(text, snippet.part.begin, core);
    add_places(snippet);
    return snippet;
  }

 private:
  using Finder = Occurrences<Text>;
  using Occurrence = typename Finder::Occurrence;
  using Place = typename Finder::Place;

  /// The words that a snippet must have, if any.
  struct Core {
    std::size_t terms = 0;
    std::size_t first_word = 0;
    std::size_t last_word = 0;
  };

  [[nodiscard]] const Place& first_of(const Occurrence& each) const { return occurrences_.words()[each.first_word]; }
  [[nodiscard]] const Place& last_of(const Occurrence& each) const {
    return occurrences_.words()[each.first_word + each.words - 1];
  }

  /// Looks at as much of a text as decides what its snippet is.
  [[nodiscard]] Core read(Text text) {
    // A snippet begins so far before its first word, or one byte before that, which a stroke can make a word.
    occurrences_.start(text, longest_ + 1);
    bool has_more = true;
    for (std::size_t bytes = 2 * longest_ + 64; has_more; bytes *= 2) {
      has_more = occurrences_.read(bytes);
      const Core core = best();
      if (core.terms == 0) { continue; }
      // What follows can complete no term before it, and no part that begins earlier has more of them.
      const bool is_best = core.terms == occurrences_.terms() && occurrences_.are_words() &&
                           occurrences_.point() >= occurrences_.words()[core.first_word].first_point + longest_;
      if (!has_more || is_best) { return core; }
    }
    // There is none, so the snippet is the start of the text; a code point has four bytes at most.
    occurrences_.start_at_begin(text);
    occurrences_.read(4 * longest_);
    return best();
  }

  [[nodiscard]] Core best() {
    const std::vector<Occurrence>& found = occurrences_.found();
    Core best;
    seen_.assign(occurrences_.terms(), 0);
    for (std::size_t first = 0; first < found.size() && best.terms < seen_.size(); ++first) {
      const std::size_t start = first_of(found[first]).first_point;
      Core core{0, found[first].first_word, found[first].first_word};
      for (std::size_t next = first; next < found.size(); ++next) {
        const Occurrence& each = found[next];
        if (first_of(each).first_point >= start + longest_) { break; }
        // One term that is longer than a snippet is better than none.
        if (next != first && last_of(each).end_point > start + longest_) { continue; }
        if (seen_[each.term] == first + 1) { continue; }
        seen_[each.term] = first + 1;
        ++core.terms;
        core.last_word = std::max(core.last_word, each.first_word + each.words - 1);
      }
      if (core.terms > best.terms) { best = core; }
    }
    return best;
  }

  /// As much of the text stands before the core as behind it, if there is as much.
  [[nodiscard]] std::size_t begin_of(Text text, const Core& core) const {
    const std::vector<Place>& words = occurrences_.words();
    if (core.terms == 0) { return 0; }
    const std::size_t first = words[core.first_word].first_point;
    const std::size_t end = words[core.last_word].end_point;
    const std::size_t points = words.back().end_point + points_of(text.substr(words.back().end));
    const std::size_t spare = end - first < longest_ ? longest_ - (end - first) : 0;
    const std::size_t before = std::max(spare / 2, points - first < longest_ ? longest_ - (points - first) : 0);
    const std::size_t wanted = first - std::min({first, before, spare});
    if (wanted == 0) { return 0; }
    const auto starts_before = [](const Place& word, std::size_t point) { return word.first_point < point; };
    return std::lower_bound(words.begin(), words.end(), wanted, starts_before)->begin;
  }

  [[nodiscard]] std::size_t end_of(Text text, std::size_t begin, const Core& core) const {
    std::size_t end = begin;
    for (std::size_t points = 0; end < text.size(); ++end) {
      if (is_first(text[end]) && points++ == longest_) { break; }
    }
    if (end == text.size()) { return end; }
    const std::vector<Place>& words = occurrences_.words();
    const auto starts_behind = [](std::size_t offset, const Place& word) { return offset < word.begin; };
    auto word = std::upper_bound(words.begin(), words.end(), end, starts_behind);
    if (word == words.begin()) { return end; }
    --word;
    std::size_t whole = word->end > end ? word->begin : end;
    while (whole > begin && std::string_view(" \t\r\n").find(text[whole - 1]) != std::string_view::npos) { --whole; }
    const std::size_t needed = core.terms == 0 ? begin + 1 : std::min(words[core.last_word].end, end);
    return whole < needed ? end : whole;
  }

  void add_places(Snippet& snippet) {
    all_.clear();
    for (const Occurrence& each : occurrences_.found()) {
      for (std::size_t word = each.first_word; word < each.first_word + each.words; ++word) {
        const std::size_t begin = occurrences_.words()[word].begin;
        const std::size_t end = std::min(occurrences_.end_of(each, word), snippet.part.end);
        if (begin >= snippet.part.begin && begin < end) { all_.push_back({begin, end}); }
      }
    }
    const auto is_before = [](const auto& a, const auto& b) { return a.begin < b.begin; };
    std::sort(all_.begin(), all_.end(), is_before);
    snippet.places.reserve(all_.size());
    for (const Range& each : all_) {
      if (!snippet.places.empty() && each.begin < snippet.places.back().end) {
        snippet.places.back().end = std::max(snippet.places.back().end, each.end);
      } else {
        snippet.places.push_back(each);
      }
    }
  }

  static bool is_first(char each) noexcept { return (static_cast<unsigned char>(each) & 0xC0U) != 0x80U; }
  static std::size_t points_of(Text text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_first));
  }

  std::size_t longest_;
  Finder occurrences_;
  // Kept for their memory: of the terms, the occurrence from which on each was seen; the words of the query in the
  // part.
  std::vector<std::size_t> seen_;
  std::vector<Range> all_;
};

}  // namespace heddle::text
