#include "conformance/artifacts.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;

// Words in every script, in messages and artifacts. What a word is: doc/text_analysis.md.

namespace {

/// Messages, one for each text, and an artifact whose purpose is the text.
template <class Backend>
class Texts {
 public:
  Texts(Backend& backend, const std::vector<std::string>& texts) : backend_(backend) {
    add_session(backend, alice, "s");
    for (const std::string& text : texts) {
      backend.session_storage().save_message(alice, "s", says(text));
      backend.artifact_store().index(alice, {.id = text, .name = "file", .purpose = text});
    }
  }

  /// Returns the texts that a query finds, sorted; checks that messages, one session's and artifacts are the same.
  std::vector<std::string> found(const std::string& query) {
    CAPTURE(query);
    auto list = texts(backend_.session_storage().search_messages(alice, {.query = query}).items);
    std::sort(list.begin(), list.end());
    auto of_session =
        texts(backend_.session_storage().search_messages(alice, {.query = query, .session_id = "s"}).items);
    std::sort(of_session.begin(), of_session.end());
    CHECK(of_session == list);
    auto artifacts = ids(backend_.artifact_store().search(alice, {.query = query}).items);
    std::sort(artifacts.begin(), artifacts.end());
    CHECK(artifacts == list);
    return list;
  }
  /// Checks that each query finds the text, and no other.
  void expect(const std::string& text, const std::vector<std::string>& queries) {
    for (const std::string& query : queries) {
      CAPTURE(query);
      CHECK(found(query) == std::vector<std::string>{text});
    }
  }

 private:
  Backend& backend_;
};

}  // namespace

CONFORMANCE_TEST("a search finds each part of a text in a script without spaces") {
  Subject subject;
  const std::string tower = "東京タワーに行く";
  const std::string seoul = "서울에서 만나요";
  const std::string weather = "今天天气很好";
  const std::string thai = "สวัสดีครับ";
  const std::string lao = "ສະບາຍດີ";
  const std::string khmer = "សួស្តី";
  const std::string burmese = "မင်္ဂလာပါ";
  const std::string other = "大阪";
  Texts all(subject.backend(), {tower, seoul, weather, thai, lao, khmer, burmese, other});
  all.expect(tower,
             {"東京", "東京タワー", "タワー", "京", "京タ", "行く", "く", "東", "\"タワーに行く\"", "に行く 東京"});
  all.expect(seoul, {"서울", "울에", "에서", "서울에서", "만나요", "만", "\"서울에서 만나요\""});
  all.expect(weather, {"天气", "今天", "很好", "好", "今天天气很好", "天天"});
  all.expect(thai, {"สวัสดี", "ครับ", "ค"});
  all.expect(lao, {"ສະບາຍ", "ດີ"});
  all.expect(khmer, {"សួ"});
  all.expect(burmese, {"လာ"});
  all.expect(other, {"大阪", "大", "阪"});
  for (const char* query : {"京東", "東タ", "天很", "울서", "\"서울 만나요\"", "\"行く東京\"", "ครับสวัสดี", "阪大"}) {
    CAPTURE(query);
    CHECK(all.found(query).empty());
  }
}

CONFORMANCE_TEST("text that is glued to another script is found") {
  Subject subject;
  const std::string glued = "iPhoneを買うなら2024年版";
  const std::string pizza = "great🍕today";
  Texts all(subject.backend(), {glued, pizza});
  all.expect(glued, {"iphone", "買う", "2024", "年版", "\"を買う\"", "\"iphone を\"", "2024年"});
  all.expect(pizza, {"great", "today", "🍕", "\"great 🍕 today\"", "great🍕"});
}

CONFORMANCE_TEST("case, accents and ways to write a letter do not count, in any script") {
  Subject subject;
  const std::string vietnamese = "Tiếng Việt";
  const std::string russian = "Ёлка в лесу";
  const std::string german = "Die Straße";
  const std::string polish = "Łódź";
  const std::string danish = "Smørrebrød";
  const std::string turkish = "ISPARTA ılık";
  const std::string icelandic = "Þór";
  const std::string greek = "ΟΔΥΣΣΕΎΣ";
  const std::string hebrew = "שָׁלוֹם";
  const std::string arabic = "أَهْلًا";
  const std::string wide = "ＦＵＬＬ ｶﾞｲﾄﾞ";
  const std::string ligature = "ﬁnance";
  Texts all(subject.backend(),
            {vietnamese, russian, german, polish, danish, turkish, icelandic, greek, hebrew, arabic, wide, ligature});
  all.expect(vietnamese, {"tieng viet", "TIẾNG", "Tiê\u0301ng", "\"tieng viet\""});
  all.expect(russian, {"елка", "ёлка", "ЕЛКА", "Е\u0308лка"});
  all.expect(german, {"strasse", "STRASSE", "straße", "STRAẞE"});
  all.expect(polish, {"lodz", "łódź", "ŁÓDŹ"});
  all.expect(danish, {"smorrebrod", "SMØRREBRØD"});
  all.expect(turkish, {"ilik", "isparta"});
  all.expect(icelandic, {"thor", "þór"});
  all.expect(greek, {"οδυσσευς", "ὀδυσσεύς"});
  all.expect(hebrew, {"שלום"});
  all.expect(arabic, {"اهلا", "أهلا"});
  all.expect(wide, {"full", "ガイド", "ｶﾞｲﾄﾞ"});
  all.expect(ligature, {"finance", "ﬁnance", "finances"});
}

CONFORMANCE_TEST("a letter of its own is not another letter") {
  Subject subject;
  const std::string hiragana = "かき";
  const std::string voiced = "がき";
  const std::string ha = "ハト";
  const std::string pa = "パト";
  const std::string short_u = "мой";
  const std::string plural = "мои";
  const std::string hindi = "कि";
  const std::string hindi_long = "की";
  Texts all(subject.backend(), {hiragana, voiced, ha, pa, short_u, plural, hindi, hindi_long});
  for (const std::string& text : {hiragana, voiced, ha, pa, short_u, plural, hindi, hindi_long}) {
    all.expect(text, {text});
  }
}

CONFORMANCE_TEST("emoji and symbols are words") {
  Subject subject;
  const std::string pizza = "dinner 🍕 tonight";
  const std::string thumb = "fine 👍🏽";
  const std::string flag = "🇨🇭 and 🇩🇪";
  const std::string family = "👨‍👩‍👧";
  const std::string price = "costs 5 €";
  const std::string arrow = "a→b ≠ c";
  Texts all(subject.backend(), {pizza, thumb, flag, family, price, arrow});
  all.expect(pizza, {"🍕", "\"dinner 🍕\"", "🍕 tonight"});
  all.expect(thumb, {"👍", "👍🏿"});
  all.expect(flag, {"🇨🇭", "🇩🇪"});
  all.expect(family, {"👨‍👩‍👧"});
  all.expect(price, {"€", "\"5 €\""});
  all.expect(arrow, {"→", "≠", "a→b"});
  for (const char* query : {"🍔", "🇪🇨", "👩", "←", "$"}) {
    CAPTURE(query);
    CHECK(all.found(query).empty());
  }
}

CONFORMANCE_TEST("a long text in a script without spaces is found by its parts") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  // More words than a text can have with positions on PostgreSQL.
  std::string text;
  for (int index = 0; index < 20000; ++index) {
    text += std::string("天地玄黃宇宙洪荒日月盈昃").substr(static_cast<std::size_t>(index % 11) * 3, 6);
  }
  text += "東京タワー";
  store.save_message(alice, "s", says(text));
  for (const char* query : {"東京", "東京タワー", "ワー", "ー", "天地", "\"盈昃天\"", "\"東京タワ\"", "京"}) {
    CAPTURE(query);
    CHECK(store.search_messages(alice, {.query = query}).items.size() == 1);
  }
  for (const char* query : {"京東", "東京ワ", "\"東京ー\"", "大"}) {
    CAPTURE(query);
    CHECK(store.search_messages(alice, {.query = query}).items.empty());
  }
}
