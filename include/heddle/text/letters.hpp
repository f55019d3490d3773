// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace heddle::text {

/// Letters that Unicode does not decompose, and what they are folded to.
struct LetterFold {
  std::string_view to{};       ///< letters that stand for themselves
  std::u16string_view from{};  ///< in lower case
};

/// Latin letters whose name in Unicode is that of a letter "with" something (a stroke, a hook, a bar), ligatures, and
/// letters of old and special alphabets as they are usually written in ASCII; Arabic alefs, as they are usually typed.
inline constexpr std::array<LetterFold, 39> letter_folds{{
    {"a", u"ⱥ"},
    {"b", u"ƀƃɓꞗ"},
    {"c", u"ƈȼɕꞓꞔ"},
    {"d", u"đðƌȡɖɗꟈ"},
    {"e", u"ɇⱸ"},
    {"f", u"ƒꞙ"},
    {"g", u"ǥɠꞡ"},
    {"h", u"ħɦⱨꞕ"},
    {"i", u"ıɨ"},
    {"j", u"ȷɉɟʄʝ"},
    {"k", u"ƙⱪꝁꝃꝅꞣ"},
    {"l", u"łƚȴɫɬɭⱡꝉꞎ"},
    {"m", u"ɱ"},
    {"n", u"ŋƞȵɲɳꞑꞥ"},
    {"o", u"øⱺꝋꝍ"},
    {"p", u"ƥꝑꝓꝕ"},
    {"q", u"ĸɋʠꝗꝙ"},
    {"r", u"ɍɼɽɾꞧ"},
    {"s", u"ȿʂꞩꟊ"},
    {"t", u"ŧƫƭȶʈⱦ"},
    {"u", u"ꞹ"},
    {"v", u"ʋⱱⱴꝟ"},
    {"w", u"ⱳ"},
    {"y", u"ƴɏỿ"},
    {"z", u"ƶȥɀʐʑⱬ"},
    {"aa", u"ꜳ"},
    {"ae", u"æ"},
    {"ao", u"ꜵ"},
    {"au", u"ꜷ"},
    {"av", u"ꜹꜻ"},
    {"ay", u"ꜽ"},
    {"hv", u"ƕ"},
    {"oe", u"œ"},
    {"oi", u"ƣ"},
    {"oo", u"ꝏ"},
    {"ou", u"ȣ"},
    {"th", u"þ"},
    {"tz", u"ꜩ"},
    {"\xD8\xA7", u"\u0622\u0623\u0625\u0671"},
}};

/// Returns what a letter is folded to; empty if it stands for itself.
[[nodiscard]] constexpr std::string_view letter_fold(std::uint32_t point) noexcept {
  if (point > 0xFFFF) { return {}; }
  for (const LetterFold& fold : letter_folds) {
    if (fold.from.find(static_cast<char16_t>(point)) != std::u16string_view::npos) { return fold.to; }
  }
  return {};
}

}  // namespace heddle::text
