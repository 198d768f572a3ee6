#ifndef TRILITH_TEST_TEXT_BYTE_FIXTURE_HPP
#define TRILITH_TEST_TEXT_BYTE_FIXTURE_HPP

#include <trilith/text/byte_level.hpp>
#include <trilith/text/load_tokenizer.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text_fixture.hpp"

namespace test {

/// 256 single bytes, whose tokens are the bytes, then `texts`, then control pieces.
inline trilith::text::vocabulary byte_vocabulary(
    const std::vector<std::string>& texts, const std::vector<std::string>& control = {},
    trilith::text::pre_tokenizer pre = trilith::text::pre_tokenizer::llama3) {
  using trilith::text::piece_kind;
  trilith::text::vocabulary out;
  for (int byte = 0; byte < 256; ++byte)
    out.pieces.push_back({std::string(1, static_cast<char>(byte))});
  for (const std::string& text : texts) out.pieces.push_back({text});
  for (const std::string& text : control) out.pieces.push_back({text, 0, piece_kind::control});
  out.pre = pre;
  out.dummy_prefix = false;
  return out;
}

/// Whether byte-level tokenizers are in this build; if not, that is said, in words.
inline bool has_byte_level() {
  const auto made = trilith::text::make_byte_level_tokenizer(byte_vocabulary({}), "toy");
  if (made) return true;
  CHECK(made.error().code == trilith::errc::unsupported);
  CHECK_THAT(made.error().message, Catch::Contains("libicu-dev"));
  WARN("skipped: " << made.error().message);
  return false;
}

inline trilith::text::tokenizer byte_tokenizer(trilith::text::vocabulary words) {
  return trilith::text::make_byte_level_tokenizer(std::move(words), "toy").value();
}

inline std::string tokenizer_fixture(const std::string& name) {
  return std::string(TRILITH_TEST_FIXTURES_DIR) + "/tokenizers/" + name;
}

inline std::vector<unsigned char> bytes_of(std::string_view s) {
  return {s.begin(), s.end()};
}

}  // namespace test

#endif
