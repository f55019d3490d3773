// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/kind.hpp"
#include "heddle/text/letters.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace heddle::text {

/// Returns the combining class of a code point: 0 for what does not combine, and for what Unicode 15.0 has not.
[[nodiscard]] inline int combining_class_of(std::int32_t point) noexcept {
  return kind_of(static_cast<std::uint32_t>(point)) == Kind::unknown ? 0
                                                                     : utf8proc_get_property(point)->combining_class;
}

/// Code points, of at most a long compatibility decomposition or a word with all its marks.
class Points {  // NOLINT(cppcoreguidelines-pro-type-member-init): see points_
 public:
  void add(std::int32_t point) noexcept {
    if (size_ < points_.size()) { points_[size_++] = point; }
  }
  void resize(std::size_t size) noexcept { size_ = size; }

  [[nodiscard]] std::int32_t* data() noexcept { return points_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::int32_t operator[](std::size_t at) const noexcept { return points_[at]; }
  [[nodiscard]] const std::int32_t* begin() const noexcept { return points_.data(); }
  [[nodiscard]] const std::int32_t* end() const noexcept { return points_.data() + size_; }

  /// Adds the decomposition of a code point.
  void decompose(std::int32_t point, int options) noexcept {
    if (kind_of(static_cast<std::uint32_t>(point)) == Kind::unknown) { return add(point); }
    int last_class = 0;
    const auto found = utf8proc_decompose_char(
        point, points_.data() + size_, static_cast<utf8proc_ssize_t>(points_.size() - size_),
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | options), &last_class);
    if (found > 0) { size_ = std::min(points_.size(), size_ + static_cast<std::size_t>(found)); }
  }

  /// Puts marks in canonical order and composes, as NFC does. Precondition: the code points are decomposed.
  void compose() noexcept {
    for (std::size_t at = 1; at < size_; ++at) {
      for (std::size_t to = at; to > 0; --to) {
        const int own = combining_class_of(points_[to]);
        if (own == 0 || combining_class_of(points_[to - 1]) <= own) { break; }
        std::swap(points_[to], points_[to - 1]);
      }
    }
    const auto composed = utf8proc_normalize_utf32(points_.data(), static_cast<utf8proc_ssize_t>(size_),
                                                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (composed > 0) { size_ = static_cast<std::size_t>(composed); }
  }

 private:
  std::array<std::int32_t, 512> points_;  // not initialised: it is longer than what most uses need
  std::size_t size_ = 0;
};

/// A code point as words hold it.
struct Folded {
  static constexpr std::size_t longest = 12;

  Kind kind = Kind::separator;
  std::uint8_t size = 0;             ///< of the bytes
  std::uint8_t combining_class = 0;  ///< of the code point, if it is a mark
  bool composes : 1 = false;         ///< can become one character with what stands before it
  bool ascii : 1 = false;            ///< all of the bytes are
  std::array<char, longest> bytes{};

  [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), size}; }
};

/// What Unicode says of code points, kept in pages that are made when they are first used and never change. A template
/// only so that files that split no text do not compile it.
template <std::same_as<Folded> Entry>
class BasicFolding {
 public:
  /// Returns how words hold a code point. Safe to call from many threads. Precondition: it is at most 0x10FFFF.
  [[nodiscard]] static const Entry& of(std::uint32_t point) {
    const Page* page = pages()[point >> 8U].load(std::memory_order_acquire);
    if (page == nullptr) { page = make_page(point >> 8U); }
    return (*page)[point & 255U];
  }

  /// Returns the decomposed (NFKD) and case-folded code points of one, without the iota below Greek vowels: case
  /// folding would make a letter of this mark.
  static void fold(std::int32_t point, Points& to) noexcept {
    Points decomposed;
    decomposed.decompose(point, UTF8PROC_COMPAT);
    to.resize(0);
    for (const std::int32_t each : decomposed) {
      if (each != 0x345) { to.decompose(each, UTF8PROC_COMPAT | UTF8PROC_CASEFOLD); }
    }
    // What case folding makes may have a case again; a test says that this is enough.
    decomposed.resize(0);
    for (const std::int32_t each : to) { decomposed.decompose(each, UTF8PROC_COMPAT | UTF8PROC_CASEFOLD); }
    to.resize(0);
    for (const std::int32_t each : decomposed) { to.add(each); }
  }

  /// Appends a code point to bytes and returns how many it needed; at most four.
  static std::size_t encode(std::int32_t point, char* to) noexcept {
    return static_cast<std::size_t>(utf8proc_encode_char(point, reinterpret_cast<utf8proc_uint8_t*>(to)));
  }

 private:
  using Page = std::array<Entry, 256>;
  using Pages = std::array<std::atomic<const Page*>, 0x1100>;

  [[nodiscard]] static Pages& pages() noexcept {
    static constinit Pages pages{};
    return pages;
  }

  /// Code points that stay and that composition (NFC) can join to the one before them, in Unicode 15.0. Unicode adds
  /// none for characters that it has.
  [[nodiscard]] static bool composes(std::uint32_t point) noexcept {
    constexpr std::array<std::uint32_t, 32> single{
        0x653,  0x654,  0x655,   0x93C,   0x9BE,   0x9D7,   0xB3E,   0xB56,   0xB57,   0xBBE,  0xBD7,
        0xC56,  0xCC2,  0xCD5,   0xCD6,   0xD3E,   0xD57,   0xDCA,   0xDCF,   0xDDF,   0x102E, 0x1B35,
        0x3099, 0x309A, 0x110BA, 0x11127, 0x1133E, 0x11357, 0x114B0, 0x114BA, 0x114BD, 0x115AF};
    return (point >= 0x1161 && point <= 0x1175) || (point >= 0x11A8 && point <= 0x11C2) || point == 0x11930 ||
           std::binary_search(single.begin(), single.end(), point);
  }

  [[nodiscard]] static const Page* make_page(std::uint32_t number) {
    auto made = std::make_unique<Page>();
    for (std::uint32_t at = 0; at < made->size(); ++at) { (*made)[at] = make(number << 8U | at); }
    const Page* expected = nullptr;
    if (pages()[number].compare_exchange_strong(expected, made.get(), std::memory_order_acq_rel)) {
      return made.release();
    }
    return expected;
  }

  /// Returns the kind of a code point that stands for itself.
  [[nodiscard]] static Kind kind_alone(std::uint32_t point) noexcept {
    switch (point) {
      case 0x306: return Kind::breve;
      case 0x338: return Kind::negation;
      case 0x20E3: return Kind::keycap;
      default: {
        const Kind kind = kind_of(point);
        return kind == Kind::unknown ? Kind::symbol : kind;
      }
    }
  }

  /// Returns a code point that stands for itself, or for what `letters.hpp` says.
  [[nodiscard]] static Folded alone(std::uint32_t point) noexcept {
    Folded folded;
    folded.kind = kind_alone(point);
    if (const std::string_view letters = letter_fold(point); !letters.empty()) {
      put(folded, letters);
      return folded;
    }
    if (folded.kind == Kind::separator || folded.kind == Kind::dropped || folded.kind == Kind::ignored) {
      return folded;
    }
    std::array<char, 4> bytes{};
    put(folded, {bytes.data(), encode(static_cast<std::int32_t>(point), bytes.data())});
    folded.composes = composes(point);
    if (folded.kind == Kind::mark) {
      folded.combining_class = static_cast<std::uint8_t>(combining_class_of(static_cast<std::int32_t>(point)));
    }
    return folded;
  }

  static void put(Folded& folded, std::string_view bytes) noexcept {
    std::copy(bytes.begin(), bytes.end(), folded.bytes.begin() + folded.size);
    folded.size = static_cast<std::uint8_t>(folded.size + bytes.size());
    folded.ascii = std::all_of(folded.bytes.begin(), folded.bytes.begin() + folded.size,
                               [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  }

  [[nodiscard]] static Folded make(std::uint32_t point) noexcept {
    const Kind kind = kind_alone(point);
    // Emoji that Unicode decomposes to punctuation.
    const bool whole = point == 0x203C || point == 0x2049;
    const bool decomposes =
        kind == Kind::letter || kind == Kind::mark || kind == Kind::dense || (kind == Kind::symbol && !whole);
    Points points;
    if (decomposes) { fold(static_cast<std::int32_t>(point), points); }
    if (points.size() == 0 || (points.size() == 1 && points[0] == static_cast<std::int32_t>(point))) {
      return alone(point);
    }
    Points kept = without_dropped(points);
    kept.compose();
    if (kept.size() == 1) { return alone(static_cast<std::uint32_t>(kept[0])); }
    return joined(kept, point == 0x2122 || point == 0x2120 ? Kind::apart : Kind::letter);
  }

  [[nodiscard]] static Points without_dropped(const Points& points) noexcept {
    Points kept;
    for (const std::int32_t each : points) {
      const Kind kind = kind_alone(static_cast<std::uint32_t>(each));
      const std::int32_t before = kept.size() == 0 ? 0 : kept[kept.size() - 1];
      const bool after_letter = before != 0 && kind_of(static_cast<std::uint32_t>(before)) != Kind::separator &&
                                kind_of(static_cast<std::uint32_t>(before)) != Kind::symbol;
      const bool drops = kind == Kind::dropped || kind == Kind::ignored || (kind == Kind::negation && after_letter) ||
                         (kind == Kind::breve && before != 0x438);
      if (!drops) { kept.add(each); }
    }
    return kept;
  }

  /// Returns several code points as letters of one word if they are, else as a sequence.
  [[nodiscard]] static Folded joined(const Points& points, Kind kind) noexcept {
    Folded folded;
    folded.kind = kind;
    for (const std::int32_t each : points) {
      const Folded next = alone(static_cast<std::uint32_t>(each));
      const bool fits = next.size + std::size_t{folded.size} <= Folded::longest;
      const bool letter = next.kind == Kind::letter || (next.kind == Kind::mark && folded.size > 0);
      if (!fits || !letter) { return {Kind::sequence, 0, 0, false, false, {}}; }
      put(folded, next.view());
    }
    return folded;
  }
};

using Folding = BasicFolding<Folded>;

}  // namespace heddle::text
