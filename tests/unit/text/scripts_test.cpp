#include "unit/text/analysis.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace analysis;

TEST_CASE("text: letters of ASCII are folded, and English endings are removed from the term only") {
  CHECK(terms("The RUNNING foxes, decided!") == "the run fox decid");
  CHECK(folded("The RUNNING foxes, decided!") == "the running foxes decided");
  CHECK(folded("snake_case don't C++ a-b 3.14 x86") == "snake case don t c a b 3 14 x86");
  CHECK(folded("").empty());
  CHECK(folded("+++ \t\r\n = < > $ ^ ` | ~").empty());
}

TEST_CASE("text: Latin") {
  CHECK(finds("tieng viet", "Học Tiếng Việt"));
  CHECK(finds("strasse", "Straße"));
  CHECK(finds("STRASSE", "straße"));
  CHECK(folded("Łódź Ørsted Đà Nẵng ÆØÅ Œuvre Þór ẞ ıIİi Ħal Ŧ ð ŋ") ==
        "lodz orsted da nang aeoa oeuvre thor ss iiii hal t d n");
  CHECK(folded("ﬁne ｆｕｌｌ Ｗｉｄｅ x² Å ⅷ Ⓐ") == "fine full wide x2 a viii a");
  CHECK(folded("e\u0301 e\u0323\u0302 o\u031B") == "e e o");
  CHECK(terms("naïvely") == terms("naively"));
  CHECK(folded("soft\u00ADhyphen Zero\u200Bwidth") == "softhyphen zero width");
}

TEST_CASE("text: Greek and Cyrillic") {
  CHECK(folded("Σίσυφος ΣΊΣΥΦΟΣ ᾳ Αι ῷ ϊΐ") == "σισυφοσ σισυφοσ α αι ω ιι");
  CHECK(finds("елка", "Ёлка"));
  CHECK(finds("ёлка", "елка"));
  CHECK(folded("Йод йод и\u0306од") == "йод йод йод");
  CHECK(folded("ї ў ѓ ќ") == "і у г к");
  CHECK_FALSE(finds("иод", "йод"));
}

TEST_CASE("text: Hebrew, Arabic, Syriac, Armenian, Georgian, Ethiopic") {
  CHECK(folded("שָׁלוֹם עֲלֵיכֶם") == "שלום עליכם");
  CHECK(folded("\uFB4F") == "אל");
  CHECK(folded("مَرْحَبًا") == "مرحبا");
  CHECK(folded("أحمد إلى آن ٱل احمـــد") == "احمد الى ان ال احمد");
  CHECK(folded("ا\u0654حمد") == "احمد");
  CHECK(folded("مؤمن مو\u0654من") == "مؤمن مؤمن");
  CHECK(folded("ﷺ") == "صلى الله عليه وسلم");
  CHECK(folded("می\u200Cخواهم") == "میخواهم");
  CHECK(folded("ܫܠܳܡܳܐ") == "ܫܠܡܐ");
  CHECK(folded("Եւ և ԵՒ") == "եւ եւ եւ");
  CHECK(folded("ᲗᲑᲘᲚᲘᲡᲘ თბილისი") == "თბილისი თბილისი");
  CHECK(folded("ሰላም፡ዓለም") == "ሰላም ዓለም");
}

TEST_CASE("text: Indic scripts keep their signs") {
  CHECK(folded("हिन्दी किताब") == "हिन्दी किताब");
  CHECK_FALSE(finds("कताब", "किताब"));
  CHECK(folded("\u0958लम") == folded("क\u093Cलम"));
  CHECK(folded("বাংলা ক\u09C7\u09BE") == "বাংলা ক\u09CB");
  CHECK(folded("தமிழ் க\u0BC6\u0BBE") == "தமிழ் க\u0BCA");
  CHECK(folded("ශ්\u200Dරී") == "ශ්රී");
  CHECK(folded("ක\u0DD9\u0DCF\u0DCA") == "ක\u0DDD");
  CHECK(folded("བོད་ཡིག") == "བོད ཡིག");
}

TEST_CASE("text: Han and Kana are found without spaces") {
  CHECK(finds("東京", "東京タワーに行く"));
  CHECK(finds("天气", "今天天气很好"));
  CHECK(finds("タワー", "東京タワーに行く"));
  CHECK(finds("東京タワー", "明日は東京タワーに行く"));
  CHECK_FALSE(finds("京東", "東京タワーに行く"));
  CHECK(finds("行", "東京タワーに行く"));
  CHECK(finds("く", "東京タワーに行く"));
  CHECK(finds("東", "東京タワーに行く"));
  CHECK(finds("ﾀﾜｰ", "東京タワーに行く"));
  CHECK_FALSE(finds("かき", "がき"));
  CHECK_FALSE(finds("パ", "ハ"));
  CHECK(finds("か\u3099き", "がき"));
  CHECK(finds("ﾊﾟﾘ", "パリ"));
  CHECK(folded("2024年のiPhone発売") == "2024 年の の iphone 発売 売");
  CHECK(folded("㍿") == "株式 式会 会社 社");
  CHECK(folded("ㄅㄆ 〇一") == "ㄅㄆ ㄆ 〇一 一");
}

TEST_CASE("text: Hangul") {
  CHECK(finds("서울", "서울에서 만나요"));
  CHECK(finds("울", "서울"));
  CHECK(folded("\u1112\u1161\u11ab\u1100\u1173\u11af") == "한글 글");
  CHECK(finds("\u1112\u1161\u11ab", "한글"));
  CHECK(folded("ㄱㅏ ㅋㅋ") == "가 \u110F\u110F \u110F");
}

TEST_CASE("text: Thai, Lao, Khmer, Burmese") {
  CHECK(finds("กิน", "ฉันกินข้าว"));
  CHECK(finds("ข้าว", "ฉันกินข้าว"));
  CHECK_FALSE(finds("ขาว", "ฉันกินข้าว"));
  CHECK(finds("น้ำ", "ดื่มน้ำ"));
  CHECK(folded("พ.ศ. ๒๕๖๗") == "พ ศ ๒๕๖๗");
  CHECK(finds("ລາວ", "ພາສາລາວ"));
  CHECK(finds("ខ្មែរ", "ភាសាខ្មែរ"));
  CHECK(finds("မြန်မာ", "မြန်မာဘာသာ"));
}

TEST_CASE("text: emoji and symbols are words") {
  CHECK(finds("🍕", "eat 🍕 now"));
  CHECK(finds("🍕", "🍕🍺"));
  CHECK(folded("pizza🍕pizza") == "pizza 🍕 pizza");
  CHECK(folded("❤ ❤\uFE0F ❤\uFE0E") == "❤ ❤ ❤");
  CHECK(finds("👍", "👍🏽"));
  CHECK(finds("👍🏽", "👍"));
  CHECK(folded("👨\u200D👩\u200D👧 👨👩") == "👨\u200D👩\u200D👧 👨 👩");
  CHECK(folded("🤷🏽\u200D♀\uFE0F") == "🤷\u200D♀");
  CHECK(folded("🇩🇪🇫🇷🇩") == "🇩🇪 🇫🇷 🇩");
  CHECK(folded("🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F🏴").starts_with("🏴\U000E0067"));
  CHECK(folded("1\uFE0F\u20E3 #\uFE0F\u20E3") == "1 \u20E3");
  CHECK(folded("€100 a→b 20°C ℃ ≠ =\u0338 ∉ ∈\u0338") == "€ 100 a → b 20 ° c ° c ≠ ≠ ∉ ∉");
  CHECK(folded("Heddle™ ‼ ½ ├──") == "heddle tm ‼ 1 2");
  CHECK(folded("\uE000\u0378") == "\uE000 \u0378");
}

TEST_CASE("text: bytes that are not UTF-8, and NUL, separate words") {
  using namespace std::string_literals;
  CHECK(folded("a\0b"s) == "a b");
  CHECK(folded("caf\xE9 a\xFF"
               "b \xED\xA0\x80x \xC0\x80y \xF4\x90\x80\x80z") == "caf a b x y z");
  CHECK(folded("\xE6\x9D\xB1\xE4\xBA") == "東");
  CHECK(folded("東\uFFFD京") == "東 京");
}

TEST_CASE("text: a query looks for pairs, and for one character alone by what starts with it") {
  CHECK(query("東京") == "東京");
  CHECK(query("東京都") == "東京 京都");
  CHECK(query("京") == "京*");
  CHECK(query("東京 tower") == "東京 京 tower");
  CHECK(query("tower 京") == "tower 京*");
  CHECK(query("Running!") == "run");
  CHECK(query("+++").empty());
  CHECK(finds("東京 tower", "東京tower"));
  CHECK(finds("2024 年", "2024年"));
}
