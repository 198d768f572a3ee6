#include <trilith/text/utf8.hpp>

#include <string>
#include <string_view>

#include "catch.hpp"

namespace text = trilith::text;

namespace {

/// The bytes of a code point by the definition, without any check.
std::string raw_encoding(unsigned point) {
  const auto tail = [&](unsigned shift) {
    return static_cast<char>(0x80u | ((point >> shift) & 0x3Fu));
  };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0u | (point >> 6)), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xE0u | (point >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0u | (point >> 18)), tail(12), tail(6), tail(0)};
}

}  // namespace

static_assert(text::character_length("a") == 1);
static_assert(text::character_length("\xC3\xA9!") == 2);
static_assert(text::character_length("\xC0\x80") == 0, "overlong");
static_assert(text::is_incomplete_character("\xF0\x9F\x98"));
static_assert(!text::is_incomplete_character("\xF0\x8F"), "no byte could complete it");

TEST_CASE("every code point but the surrogates is one character", "[text]") {
  bool all = true;
  for (unsigned point = 0; point < 0x120000; ++point) {
    const std::string bytes = raw_encoding(point);
    const bool exists = point < 0x110000 && (point < 0xD800 || point > 0xDFFF);
    all = all && text::character_length(bytes) == (exists ? bytes.size() : 0);
    for (std::size_t n = 1; exists && n < bytes.size(); ++n)
      all = all && text::is_incomplete_character(std::string_view(bytes).substr(0, n)) &&
            text::character_length(std::string_view(bytes).substr(0, n)) == 0;
  }
  CHECK(all);
}

TEST_CASE("bytes that begin no character", "[text]") {
  for (const std::string_view s :
       {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3(", "\xE2\x82("}) {
    CHECK(text::character_length(s) == 0);
    CHECK(!text::is_incomplete_character(s));
  }
  CHECK(text::character_length("") == 0);
  CHECK(!text::is_incomplete_character(""));
}

TEST_CASE("valid_prefix stops at the first byte outside a character", "[text]") {
  CHECK(text::valid_prefix("") == 0);
  CHECK(text::valid_prefix("caf\xC3\xA9") == 5);
  CHECK(text::valid_prefix("caf\xC3") == 3);
  CHECK(text::valid_prefix("ab\xFF"
                           "cd") == 2);
}
