#include "concurrency/raw_connection.hpp"
#include "heddle/sqlite.hpp"
#include "property/generator.hpp"
#include "support/long_run.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Searches for problematic text. Each is refused as it should be, or its result is compared with a simple
/// search in this test.
namespace {

const std::int64_t queries = support::size_of_run(3'000, 100'000);
/// Few words, so that many queries can be compared; short texts, so that many match.
constexpr std::size_t messages_of_session = 40;

/// Words that the stemmer does not change (which the test checks), so that the simple search finds the same.
const std::vector<std::string>& vocabulary() {
  static const std::vector<std::string> all{
      "and",  "or",    "not", "near", "alpha", "bravo", "kilo", "report", "csv", "user", "select", "from", "drop",
      "null", "rowid", "c",   "x1",   "2024",  "foo",   "bar",  "script", "1",   "a",    "b",      "txt",  "http"};
  return all;
}

bool is_word_byte(char each) {
  return (each >= '0' && each <= '9') || (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
         (static_cast<unsigned char>(each) & 0x80U) != 0;
}

/// Returns the words of a text in lower case. A word with bytes beyond ASCII becomes "?": it can be several words or
/// none.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    std::string word;
    for (; at < text.size() && is_word_byte(text[at]); ++at) {
      const char each = text[at];
      word += each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each;
    }
    if (word.empty()) {
      ++at;
    } else {
      const bool ascii = std::all_of(word.begin(), word.end(), [](char each) { return each > 0; });
      words.push_back(ascii ? word : "?");
    }
  }
  return words;
}

/// The terms of a query.
struct Terms {
  std::vector<std::vector<std::string>> list{};
  std::size_t count = 0;  ///< those without words included
  bool any = false;
  bool begins_word = false;  ///< the last one is the beginning of a word
};

/// Returns the terms of a query as MessageSearch describes them: words between white space, and phrases in quotes.
Terms terms_of(const heddle::MessageSearch& search) {
  Terms terms;
  terms.any = search.match == heddle::WordMatch::any;
  std::string term;
  bool quoted = false;
  const auto finish = [&] {
    if (!term.empty()) {
      ++terms.count;
      terms.list.push_back(words_of(term));
      terms.begins_word = search.begins_word && !quoted && terms.list.back().size() == 1;
    }
    term.clear();
  };
  for (const char each : search.query) {
    const bool space = std::string_view(" \t\r\n\v\f").find(each) != std::string_view::npos;
    if (each == '"') {
      finish();
      quoted = !quoted;
    } else if (space && !quoted) {
      finish();
    } else {
      term += each;
    }
  }
  finish();
  return terms;
}

bool contains_in_order(const std::vector<std::string>& words, const std::vector<std::string>& phrase) {
  return std::search(words.begin(), words.end(), phrase.begin(), phrase.end()) != words.end();
}

/// Returns true if a text has what the terms ask for. They have no word that is not in the vocabulary.
bool matches(const std::vector<std::string>& words, const Terms& terms) {
  bool has_all = true;
  bool has_any = false;
  for (const auto& term : terms.list) {
    if (term.empty()) { continue; }
    const auto starts = [&term](const std::string& word) { return word.starts_with(term.front()); };
    const bool has = terms.begins_word && &term == &terms.list.back() ? std::any_of(words.begin(), words.end(), starts)
                                                                      : contains_in_order(words, term);
    has_all = has_all && has;
    has_any = has_any || has;
  }
  const auto is_empty = [](const auto& term) { return term.empty(); };
  return terms.any ? has_any : has_all && !std::all_of(terms.list.begin(), terms.list.end(), is_empty);
}

struct Document {
  std::string session;
  std::string content;
  std::vector<std::string> words;
};

std::string generated_content(property::Generator& random) {
  static const std::vector<std::string> between{" ",  " ",  " ", ". ", "-",  ".",  " (",
                                                ") ", "\"", "'", "/",  "\n", ": ", "_"};
  std::string content;
  // Beyond ASCII only at the beginning and the end: the simple search cannot decide whether such a character separates
  // words.
  if (random.one_in(5)) { content += "🙂 日本語 "; }
  for (std::size_t count = 3 + random.number(16); count > 0; --count) {
    content += random.one_of(vocabulary()) + random.one_of(between);
  }
  if (random.one_in(5)) { content += " naïve"; }
  return content;
}

std::string generated_query(property::Generator& random) {
  if (random.one_in(500)) { return std::string(random.number(6000), "x\" a"[random.number(4)]); }
  std::string query;
  // Rarely more terms than a query may have.
  const std::size_t pieces = random.one_in(200) ? 40 + random.number(60) : 1 + random.number(5);
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    switch (random.number(8)) {
      case 0:
      case 1:
      case 2:
      case 3: query += random.one_of(vocabulary()); break;
      case 4: {
        std::string loud = random.one_of(vocabulary());
        for (char& each : loud) { each = each >= 'a' && each <= 'z' ? static_cast<char>(each - 'a' + 'A') : each; }
        query += loud;
        break;
      }
      case 5: query += "\"" + random.one_of(vocabulary()) + " " + random.one_of(vocabulary()) + "\""; break;
      case 6: {
        std::string nasty = random.one_of(property::nasty_pieces());
        query += random.one_in(3) || property::is_clean(nasty) ? nasty : std::string();
        break;
      }
      default: query += static_cast<char>(random.one_in(10) ? random.number(256) : 1 + random.number(127)); break;
    }
    query += random.one_in(4) ? "" : " ";
  }
  return query;
}

/// The database, and the same content for the simple search.
class Library {
 public:
  /// Its messages are all in the full-text index, or all in the queue.
  Library(property::Generator& random, bool indexed)
      : backend_({.path = (folder_.path() / "heddle.db").string(), .indexing = heddle::sqlite::Indexing::immediate}) {
    backend_.migrate();
    concurrency::RawConnection raw(folder_.path() / "heddle.db");
    // As if another version had begun the index.
    if (!indexed) { raw.run("UPDATE search_state SET analysis = 1000"); }
    auto& store = backend_.session_storage();
    for (const char* const id : {"one", "two"}) {
      heddle::Session session;
      session.id = id;
      store.save_session({}, session);
      store.save_session(stranger(), session);
      std::vector<heddle::Message> all;
      for (std::size_t number = 0; number < messages_of_session; ++number) {
        all.push_back({.content = generated_content(random)});
        documents_.push_back({id, all.back().content, words_of(all.back().content)});
      }
      store.save_messages({}, id, all);
      // The same texts of another tenant: the same words match them, but they must never be returned.
      for (auto& message : all) { message.agent_id = "stranger"; }
      store.save_messages(stranger(), id, all);
    }
    REQUIRE(raw.run("SELECT count(*) FROM search_queue") == (indexed ? "0" : raw.run("SELECT count(*) FROM messages")));
    if (!indexed) { return; }
    raw.run("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'message_words', 'row')");
    for (const std::string& word : vocabulary()) {
      // The words of the first tenant.
      REQUIRE(raw.run("SELECT count(*) FROM temp.terms WHERE term = x'81' || '" + word + "'") == "1");
    }
  }

  static heddle::Context stranger() { return heddle::Context::for_user("stranger"); }
  auto& store() { return backend_.session_storage(); }
  [[nodiscard]] const std::vector<Document>& documents() const { return documents_; }

 private:
  support::TemporaryFolder folder_;
  heddle::Backend<heddle::Sqlite> backend_;
  std::vector<Document> documents_;
};

/// Returns which messages were found, in their order, with their scores.
std::vector<std::string> places_of(const std::vector<heddle::FoundMessage>& found) {
  std::vector<std::string> places;
  for (const auto& message : found) {
    places.push_back(message.session_id + " " + std::to_string(message.sequence) + " " + std::to_string(message.score));
  }
  return places;
}

/// Returns what is wrong with the part of its content that a message shows; empty if nothing is wrong.
std::string fault_of(const heddle::FoundMessage& message, bool by_hand) {
  if (message.content.find(message.snippet) == std::string::npos) { return "a snippet that is not in the content"; }
  const auto is_first = [](char each) { return (static_cast<unsigned char>(each) & 0xC0U) != 0x80U; };
  if (std::count_if(message.snippet.begin(), message.snippet.end(), is_first) > 200) { return "a long snippet"; }
  std::size_t end = 0;
  for (const heddle::TextPlace& place : message.places) {
    if (place.begin < end || place.end <= place.begin) { return "places that are not in order"; }
    end = place.end;
  }
  if (end > message.snippet.size()) { return "a place that is not in the snippet"; }
  return by_hand && message.places.empty() ? "a snippet without a word of the query" : "";
}

/// Returns what is wrong with the result of a query; empty if nothing is wrong. `by_hand`: the simple search decides
/// what matches.
std::string fault_of(const Library& library, const Terms& terms, bool by_hand,
                     const std::optional<std::string>& session, const std::vector<heddle::FoundMessage>& found) {
  std::vector<const heddle::Message*> answers(library.documents().size());
  for (const auto& message : found) {
    if (message.agent_id == "stranger") { return "another tenant's message"; }
    if (session && message.session_id != *session) { return "another session's message"; }
    const auto index =
        static_cast<std::size_t>(message.sequence - 1) + (message.session_id == "two" ? messages_of_session : 0);
    if (answers.at(index) != nullptr) { return "one message twice"; }
    answers[index] = &message;
    const std::string fault = fault_of(message, by_hand);
    if (!fault.empty()) { return fault; }
  }
  for (std::size_t index = 0; index < answers.size(); ++index) {
    const Document& document = library.documents()[index];
    const bool is_found = answers[index] != nullptr;
    if (is_found && answers[index]->content != document.content) { return "other content than was stored"; }
    if (!by_hand || (session && document.session != *session)) { continue; }
    if (is_found != matches(document.words, terms)) {
      return "\"" + document.content + (is_found ? "\" does not match" : "\" is missing");
    }
  }
  return {};
}

}  // namespace

TEST_CASE("searches: refused as they should be, or with the right result") {
  MESSAGE("seed " << property::seed());
  property::Generator random(property::seed());
  property::Generator same = random;
  Library library(random, true);
  Library unindexed(same, false);
  static const std::set<std::string> known(vocabulary().begin(), vocabulary().end());
  int refused = 0;
  int answered = 0;
  int compared = 0;
  int with_results = 0;
  for (std::int64_t number = 0; number < queries; ++number) {
    heddle::MessageSearch search{.query = generated_query(random)};
    if (random.one_in(3)) { search.session_id = random.one_in(2) ? "one" : "two"; }
    if (random.one_in(3)) { search.match = heddle::WordMatch::any; }
    search.begins_word = random.one_in(4);
    if (random.one_in(4)) { search.order = heddle::SearchOrder::newest; }
    const Terms terms = terms_of(search);
    const bool acceptable =
        property::is_clean(search.query) && search.query.size() <= 4096 && (terms.any || terms.count <= 64);
    std::string fault;
    try {
      const auto found = library.store().search_messages({}, search, {.limit = 10000}).items;
      // The rank is the same, too, and so is the order.
      if (places_of(unindexed.store().search_messages({}, search, {.limit = 10000}).items) != places_of(found)) {
        FAIL_CHECK("query " << number << ", {" << search.query << "}: other messages are found without the index");
      }
      // The simple search cannot decide what words beyond ASCII, or words that the stemmer changes, match.
      bool by_hand = acceptable;
      for (const auto& term : terms.list) {
        for (const auto& word : term) { by_hand = by_hand && known.count(word) != 0; }
      }
      fault = acceptable ? fault_of(library, terms, by_hand, search.session_id, found) : "accepted";
      ++answered;
      compared += by_hand ? 1 : 0;
      with_results += found.empty() ? 0 : 1;
    } catch (const heddle::Error& error) {
      ++refused;
      if (acceptable) { fault = std::string("refused: ") + error.what(); }
      if (error.code() != heddle::ErrorCode::invalid_argument) {
        fault = std::string(heddle::to_string(error.code())) + ": " + error.what();
      }
    }
    if (!fault.empty()) { FAIL_CHECK("query " << number << ", {" << search.query << "}: " << fault); }
  }
  MESSAGE(refused << " refused, " << answered << " answered, " << compared << " of them compared in full, "
                  << with_results << " with results");
  // Otherwise the queries would check little.
  CHECK(refused > queries / 50);
  CHECK(compared > queries / 5);
  CHECK(with_results > queries / 10);
}
