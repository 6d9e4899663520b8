// ipcarc::string: its interface, where its characters live, and what it stores.
#include <ipcarc/containers/string.hpp>

#include <cstring>
#include <iomanip>
#include <list>
#include <map>
#include <sstream>
#include <string>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <boost/container_hash/hash.hpp>

#include <ipcarc/containers/format.hpp>
#include <ipcarc/containers/map.hpp>
#include <ipcarc/containers/vector.hpp>

#include "containers/closed.hpp"
#include "support/arena_double.hpp"

namespace ipcarc::test {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr const char* long_text = "a text that is too long to be stored inside of a string";

TEST(String, HasTheStoredBytesOfItsDescription) {
  const string small = "abc";
  const string large = long_text;
  std::int64_t distance = 0;
  std::memcpy(&distance, &small, 8);
  EXPECT_EQ(distance, 8);
  EXPECT_EQ(reinterpret_cast<const unsigned char*>(&small)[31], 20);
  std::memcpy(&distance, &large, 8);
  EXPECT_EQ(reinterpret_cast<const char*>(&large) + distance, large.data());
  std::uint64_t stored[2];
  std::memcpy(stored, reinterpret_cast<const char*>(&large) + 8, 16);
  EXPECT_EQ(stored[0], large.size());
  EXPECT_EQ(stored[1], large.capacity());
}

TEST(String, StoresTwentyThreeBytesInside) {
  FakeSegment segment(1);
  Placed<string> text(segment.arena(0), "12345678901234567890123");
  EXPECT_EQ(live_blocks(segment.arena(0)), 1U);
  EXPECT_EQ(*text, "12345678901234567890123");
  EXPECT_EQ(text->c_str()[23], '\0');
  text->push_back('4');
  EXPECT_EQ(live_blocks(segment.arena(0)), 2U);
  EXPECT_EQ(*text, "123456789012345678901234");
}

TEST(String, TakesEverythingThatIsAString) {
  EXPECT_EQ(string("abc"), "abc");
  EXPECT_EQ(string("abc"s), "abc"s);
  EXPECT_EQ(string("abc"sv), "abc"sv);
  EXPECT_EQ(string(3, 'x'), "xxx");
  EXPECT_EQ(string({'a', 'b'}), "ab");
  const std::map<int, char> characters{{1, 'p'}, {2, 'q'}};
  string joined;
  for (const auto& [key, character] : characters) {
    joined += character;
  }
  EXPECT_EQ(joined, "pq");
  std::istringstream stream("stream");
  EXPECT_EQ(string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()),
            "stream");
  const string implicit = "from a std::string"s;
  const std::string back(implicit);
  EXPECT_EQ(back, "from a std::string");
  EXPECT_EQ(string("abcdef"sv, 2, 3), "cde");
  EXPECT_EQ(string(string("abcdef"), 4), "ef");
  EXPECT_THROW(string("abc"sv, 4, 1), std::out_of_range);
}

TEST(String, TakesPointersAsIteratorsButNoTwoLiterals) {
  const string text = "0123456789";
  EXPECT_EQ(string(text.begin() + 2, text.end() - 2), "234567");
  const char* const characters = "abc";
  string taken(characters, characters + 2);
  taken.append(characters, characters + 1).insert(taken.begin(), text.data(), text.data() + 2);
  EXPECT_EQ(taken, "01aba");
  taken.replace(taken.begin(), taken.begin() + 2, characters, characters + 3);
  EXPECT_EQ(taken, "abcaba");
  EXPECT_EQ(taken.assign(taken.begin() + 1, taken.begin() + 3), "bc");
  taken.replace(taken.begin(), taken.end(), {'x', 'y'});
  EXPECT_EQ(taken, "xy");
  static_assert(!std::is_constructible_v<string, const char(&)[2], const char(&)[2]>,
                "so that vector<string>{{\"a\", \"b\"}} is no string of two ends");
}

TEST(String, TakesRangesOfCharacters) {
  const std::vector<char> characters{'a', 'b'};
  string text(characters);
  text.append_range(characters);
  EXPECT_EQ(text, "abab");
  EXPECT_EQ(*text.insert_range(text.begin() + 1, std::list<char>()), 'b');
  text.insert_range(text.end(), "end"sv);
  text.replace_with_range(text.begin(), text.begin() + 4, std::list<char>{'<', '>'});
  EXPECT_EQ(text, "<>end");
  text.append_range(text);
  EXPECT_EQ(text, "<>end<>end");
  EXPECT_EQ(text.assign_range(characters), "ab");
}

TEST(String, TakesEmptyViewsOfNothing) {
  string text{std::string_view()};
  text.append(std::string_view()).insert(0, std::string_view()).replace(0, 0, std::string_view());
  text.assign(std::string_view());
  text = std::string_view();
  EXPECT_EQ(text, "");
  EXPECT_EQ(text + std::string_view(), "");
}

TEST(String, KeepsEmbeddedZeros) {
  const string text("a\0b"sv);
  EXPECT_EQ(text.size(), 3U);
  EXPECT_EQ(text, "a\0b"sv);
  EXPECT_NE(text, "a");
}

TEST(String, MovesWithinAnArenaWithoutAllocating) {
  FakeSegment segment(1);
  Placed<string> from(segment.arena(0), long_text);
  const char* const characters = from->data();
  const auto before = allocation_count();
  {
    Placed<string> to(segment.arena(0), std::move(*from));
    EXPECT_EQ(to->data(), characters);
    EXPECT_TRUE(from->empty());
    *from = std::move(*to);
    EXPECT_EQ(from->data(), characters);
  }
  EXPECT_EQ(allocation_count(), before + 1) << "only the place of the second string";
}

TEST(String, CopiesAcrossArenas) {
  FakeSegment segment(2);
  Placed<string> from(segment.arena(0), long_text);
  Placed<string> to(segment.arena(1), std::move(*from));
  EXPECT_EQ(*to, long_text);
  EXPECT_TRUE(from->empty());
  EXPECT_EQ(live_blocks(segment.arena(1)), 2U);
  string local = std::move(*to);
  EXPECT_EQ(detail::arena_of(local.data()), nullptr);
  *from = std::move(local);
  EXPECT_EQ(detail::arena_of(from->data()), segment.arena(0));
  from->swap(*to);
  EXPECT_EQ(*to, long_text);
  EXPECT_EQ(detail::arena_of(to->data()), segment.arena(1));
}

TEST(String, ReadsTheSameThroughAnotherMapping) {
  FakeSegment segment(1);
  Placed<string> small(segment.arena(0), "small");
  Placed<string> large(segment.arena(0), long_text);
  EXPECT_EQ(segment.mirrored(*small), "small");
  EXPECT_EQ(segment.mirrored(*large), long_text);
  EXPECT_NE(static_cast<const void*>(segment.mirrored(*large).data()),
            static_cast<const void*>(large->data()));
}

TEST(String, TakesPartsOfItself) {
  string text = "0123456789";
  text.append(text);
  EXPECT_EQ(text, "01234567890123456789");
  text.append(text.view().substr(5, 10));
  EXPECT_EQ(text, "012345678901234567895678901234");
  text.reserve(200);
  text.insert(3, text.view().substr(1, 4));
  EXPECT_EQ(text, "0121234345678901234567895678901234");
  text.replace(0, 30, text.view().substr(20, 5));
  EXPECT_EQ(text, "678951234");
  text.assign(text.view().substr(3));
  EXPECT_EQ(text, "951234");
  text = text.c_str() + 2;
  EXPECT_EQ(text, "1234");
}

TEST(String, InsertsAndErasesByIndexAndByIterator) {
  string text = "hello";
  text.insert(0, "<").insert(0, 2, '-').insert(text.size(), ">"sv);
  EXPECT_EQ(text, "--<hello>");
  EXPECT_EQ(*text.insert(text.begin() + 3, 'H'), 'H');
  text.erase(0, 2).erase(text.begin());
  EXPECT_EQ(text, "Hhello>");
  text.erase(text.begin() + 1, text.end() - 1);
  EXPECT_EQ(text, "H>");
  text.replace(0, 1, "long enough to need a block of memory");
  text.replace(text.begin(), text.begin() + 4, 3, '*');
  EXPECT_EQ(text, "*** enough to need a block of memory>");
  EXPECT_EQ(erase(text, 'e'), 4U);
  text.erase();
  EXPECT_TRUE(text.empty());
  EXPECT_THROW(text.insert(1, "x"), std::out_of_range);
  EXPECT_THROW(text.erase(1), std::out_of_range);
  EXPECT_THROW(static_cast<void>(text.at(0)), std::out_of_range);
}

TEST(String, GivesMemoryBackWhenShrunk) {
  FakeSegment segment(1);
  Placed<string> text(segment.arena(0), std::size_t{1000}, 'x');
  text->resize(40);
  text->shrink_to_fit();
  EXPECT_LT(text->capacity(), 64U);
  EXPECT_EQ(*text, std::string(40, 'x'));
  text->resize(23);
  text->shrink_to_fit();
  EXPECT_EQ(*text, std::string(23, 'x'));
  EXPECT_EQ(live_blocks(segment.arena(0)), 1U);
}

TEST(String, ComparesAndConcatenatesWithAnyString) {
  const string text = "mm";
  EXPECT_LT(text, "n");
  EXPECT_GT(text, "a"s);
  EXPECT_LE("mm"sv, text);
  EXPECT_EQ("mm"s, text);
  EXPECT_EQ("\xff" > text, true) << "bytes compare unsigned";
  EXPECT_EQ(text.compare("mm"), 0);
  EXPECT_EQ(text + text, "mmmm");
  EXPECT_EQ("<" + text + '>' + "!"s, "<mm>!");
  EXPECT_EQ('x' + text, "xmm");
}

TEST(String, SearchesLikeAView) {
  const string text = "one two one";
  EXPECT_EQ(text.find("one"), 0U);
  EXPECT_EQ(text.rfind("one"s), 8U);
  EXPECT_EQ(text.find('z'), string::npos);
  EXPECT_EQ(text.find_first_of("tw"), 4U);
  EXPECT_EQ(text.find_last_not_of("one"), 7U);
  EXPECT_TRUE(text.starts_with("one ") && text.ends_with('e') && text.contains("two"));
  EXPECT_EQ(text.substr(4, 3), "two");
}

TEST(String, HashesFormatsAndStreams) {
  EXPECT_EQ(std::hash<string>{}("x"), std::hash<std::string>{}("x"));
  EXPECT_EQ(string_hash{}(string("x")), string_hash{}("x"s));
  const std::unordered_set<string> set{"a", "b"};
  EXPECT_EQ(set.count("a"), 1U);
  EXPECT_EQ(fmt::format("[{:*^6}] {}", string("ab"), string(long_text)),
            "[**ab**] " + std::string(long_text));
  std::ostringstream out;
  out << string("out");
  EXPECT_EQ(out.str(), "out");
  std::istringstream in("word and the rest\nnext");
  string word;
  in >> word;
  EXPECT_EQ(word, "word");
  getline(in, word);
  EXPECT_EQ(word, " and the rest");
  std::istringstream nothing;
  getline(nothing, word);
  EXPECT_EQ(word, "") << "as of std";
  getline(std::istringstream("a;b"), word, ';');
  EXPECT_EQ(word, "a");
  std::istringstream("abcdef") >> std::setw(3) >> word;
  EXPECT_EQ(word, "abc");
  EXPECT_EQ(boost::hash<string>{}("x"), boost::hash<string>{}(string("x")));
}

TEST(String, IsFormattedInRangesAndWithAnySpecification) {
  const string text = "hello";
  EXPECT_EQ(fmt::format("{:>7}|{:.2}|{:{}}|{:-^7}", text, text, text, 6, text),
            "  hello|he|hello |-hello-");
  EXPECT_EQ(fmt::format("{}", vector<string>{"a", "b"}), R"(["a", "b"])");
  EXPECT_EQ(fmt::format("{}", fmt::join(vector<string>{"a", "b"}, ", ")), "a, b");
  EXPECT_EQ(fmt::format("{}", map<string, int>{{"a", 1}}), R"({"a": 1})");
  std::ostringstream out;
  out << std::setw(7) << std::left << text << '|';
  EXPECT_EQ(out.str(), "hello  |");
}

TEST(String, IsUnchangedWhenMemoryRunsOut) {
  FakeSegment segment(1);
  Placed<string> text(segment.arena(0), long_text);
  fail_allocations_after(0);
  EXPECT_THROW(text->append(1000, 'x'), std::bad_alloc);
  EXPECT_THROW(*text = std::string(1000, 'y'), std::bad_alloc);
  EXPECT_THROW(text->insert(5, std::string(1000, 'y')), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(string(*text)), std::bad_alloc);
  allow_allocations();
  EXPECT_EQ(*text, long_text);
}

TEST(String, OffersNoWayToItsArena) {
  static_assert(closed<string>);
  static_assert(!std::is_constructible_v<string, std::nullptr_t>);
  static_assert(!std::is_constructible_v<string, const char*, std::allocator<char>>);
  static_assert(!std::is_convertible_v<string, std::string>,
                "explicit, so that no copy is made unseen");
  static_assert(std::is_convertible_v<string, std::string_view>);
}

}  // namespace
}  // namespace ipcarc::test
