#include "heddle/text/folding.hpp"
#include "unit/text/analysis.hpp"
#include "unit/text/points.hpp"

#include <doctest/doctest.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

using namespace analysis;
using heddle::text::Kind;

namespace {

struct Range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

bool in(std::uint32_t point, std::initializer_list<Range> ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [point](const Range& range) { return point >= range.first && point <= range.last; });
}

/// Returns the kind of a code point by the table in doc/text_analysis.md and the category that utf8proc has.
Kind kind_by_category(std::uint32_t point) {
  if (point == 0x200B || point == 0x2044 || in(point, {{0x2500, 0x259F}, {0xFFF9, 0xFFFD}})) { return Kind::separator; }
  if (point == 0x200D) { return Kind::joiner; }
  if (point == 0x203C || point == 0x2049 || point == 0x3030) { return Kind::symbol; }
  if (in(point, {{0x1F1E6, 0x1F1FF}})) { return Kind::regional; }
  if (in(point, {{0x1F3FB, 0x1F3FF}})) { return Kind::modifier; }
  if (in(point, {{0xE0020, 0xE007F}})) { return Kind::tag; }
  if (in(point, {{0xAD, 0xAD},
                 {0x61C, 0x61C},
                 {0x640, 0x640},
                 {0x115F, 0x1160},
                 {0x17B4, 0x17B5},
                 {0x180B, 0x180F},
                 {0x200C, 0x200F},
                 {0x202A, 0x202E},
                 {0x2060, 0x2064},
                 {0x2066, 0x206F},
                 {0x3164, 0x3164},
                 {0xFE00, 0xFE0F},
                 {0xFEFF, 0xFEFF},
                 {0xFFA0, 0xFFA0},
                 {0x1BCA0, 0x1BCA3},
                 {0x1D173, 0x1D17A},
                 {0xE0001, 0xE0001},
                 {0xE0100, 0xE01EF}})) {
    return Kind::ignored;
  }
  const bool dense = in(point, {{0xE00, 0xEFF},
                                {0x1000, 0x109F},
                                {0x1100, 0x11FF},
                                {0x1780, 0x17FF},
                                {0x1950, 0x19DF},
                                {0x1A20, 0x1AAF},
                                {0x3005, 0x3007},
                                {0x3021, 0x31FF},
                                {0x3400, 0x4DBF},
                                {0x4E00, 0x9FFF},
                                {0xA960, 0xA97F},
                                {0xA9E0, 0xA9FF},
                                {0xAA60, 0xAADF},
                                {0xAC00, 0xD7FF},
                                {0xF900, 0xFAFF},
                                {0xFF66, 0xFFDC},
                                {0x16FE0, 0x18D8F},
                                {0x1AFF0, 0x1B2FF},
                                {0x20000, 0x3FFFF}});
  const bool dropped =
      in(point, {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5C7},   {0x610, 0x61A},   {0x64B, 0x652},
                 {0x656, 0x65F},   {0x670, 0x670},   {0x6D6, 0x6ED},   {0x711, 0x711},   {0x730, 0x74A},
                 {0x898, 0x8FF},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0x2DE0, 0x2DFF},
                 {0xA66F, 0xA67D}, {0xA69E, 0xA69F}, {0xFB1E, 0xFB1E}, {0xFE20, 0xFE2F}, {0x10EFD, 0x10EFF}});
  const std::string_view category = utf8proc_category_string(static_cast<utf8proc_int32_t>(point));
  if (category.front() == 'L' || category == "Nl") { return dense ? Kind::dense : Kind::letter; }
  if (category.front() == 'N') { return Kind::letter; }
  if (category.front() == 'M') { return dropped ? Kind::dropped : Kind::mark; }
  if (category.front() == 'S' && category != "Sk") { return point < 0x80 ? Kind::separator : Kind::symbol; }
  if (category == "Cn") { return Kind::unknown; }
  return category == "Co" ? Kind::symbol : Kind::separator;
}

/// FNV-1a of all that the analysis says of texts.
class Digest {
 public:
  void add(std::string_view text) {
    for (const Kept& word : words(text)) {
      bytes(word.term);
      bytes(word.folded);
      for (const std::size_t number :
           {word.begin, word.end, std::size_t{word.position}, static_cast<std::size_t>(word.kind)}) {
        byte(static_cast<unsigned char>(number));
      }
    }
    byte(0);
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void bytes(std::string_view text) {
    for (const char c : text) { byte(static_cast<unsigned char>(c)); }
    byte(0xFF);
  }
  void byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001B3U; }

  std::uint64_t value_ = 0xCBF29CE484222325U;
};

}  // namespace

TEST_CASE("text: kinds are what the categories of Unicode 15.0 make them") {
  CHECK(heddle::text::kind_of(0x10FFFF) == Kind::unknown);
  if (std::strcmp(utf8proc_unicode_version(), "15.0.0") != 0) { return; }
  std::size_t wrong = 0;
  for_each_point([&wrong](std::uint32_t point) {
    if (heddle::text::kind_of(point) != kind_by_category(point) && ++wrong <= 10) {
      FAIL_CHECK("U+" << std::hex << point << " has another kind");
    }
  });
  CHECK(wrong == 0);
}

// Indexes depend on these numbers: whatever changes them is a new `analysis_version`. They are the same for all
// versions of utf8proc.
TEST_CASE("text: the digest of the analysis is that of its version") {
  REQUIRE(heddle::text::analysis_version == 1);
  Digest alone;
  Digest among_letters;
  Digest with_marks;
  for_each_point([&](std::uint32_t point) {
    const std::string text = utf8(point);
    alone.add(text);
    among_letters.add("a" + text + "b");
    with_marks.add("\u0438" + text + "\u0306\u0301" + text + "\u3099\u094D" + text + "\u0338");
  });
  CHECK(alone.value() == 0x3C5FC802244EF335);
  CHECK(among_letters.value() == 0xE5FCC488783DADB8);
  CHECK(with_marks.value() == 0xED5E1FD482AFFF77);
  Digest sequences;
  for (const std::string& text : samples()) { sequences.add(text); }
  CHECK(sequences.value() == 0x3CBAACC68F5B9A7E);
}
