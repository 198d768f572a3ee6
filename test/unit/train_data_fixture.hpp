#ifndef TRILITH_TEST_TRAIN_DATA_FIXTURE_HPP
#define TRILITH_TEST_TRAIN_DATA_FIXTURE_HPP

#include <trilith/core/random.hpp>
#include <trilith/train/batches.hpp>
#include <trilith/train/vocabulary.hpp>
#include <trilith/train/write_tokens.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "text_fixture.hpp"

namespace test {

namespace tl = trilith;
using trilith::errc;
using paths = std::vector<std::string>;

/// A tale of `words` words, the same for a seed.
inline std::string tale(std::size_t words, std::uint64_t seed) {
  static constexpr std::string_view list[] = {
      "once",  "upon",   "a",    "time", "there",   "lived", "the",    "fox",
      "and",   "queen",  "who",  "had",  "seven",   "sons",  "in",     "deep",
      "dark",  "forest", "wolf", "said", "nothing", "to",    "mother", "grandmother",
      "whose", "golden", "hair", "was",  "long",    "never", "gone",   "home"};
  std::string out;
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint32_t drawn = tl::philox(seed, 0, i)[0];
    out += list[drawn % 32];
    out += drawn % 640 < 32 ? ".\n\n" : drawn % 640 < 64 ? ", " : " ";
  }
  return out + "end.";
}

/// Unknown, BOS, EOS, the bytes and a few words: 259 + 9 pieces, so that tokens take 16 bits.
inline tl::text::tokenizer small_tokenizer() {
  return tl::text::make_tokenizer(
             toy_vocabulary({" ", " t", "he", " the", " f", "ox", " fox", "an", "en"}), "toy")
      .value();
}
/// The same pieces and `more` beyond, so that tokens take 32 bits where there are many.
inline tl::text::tokenizer large_tokenizer(std::size_t pieces) {
  tl::text::vocabulary words = small_tokenizer().vocab();
  while (words.pieces.size() < pieces)
    words.pieces.push_back({"x" + std::to_string(words.pieces.size()), -1e6f});
  return tl::text::make_tokenizer(std::move(words), "large").value();
}

inline std::vector<std::int32_t> all_tokens(const tl::token_file& file) {
  std::vector<std::int32_t> out(file.size());
  file.copy(0, out);
  return out;
}

/// A token file of `words` words in a directory of its own.
struct written_tokens {
  scratch_directory where;
  std::string path;
  tl::text::tokenizer words = small_tokenizer();

  explicit written_tokens(const std::string& name, std::size_t count = 300) : where(name) {
    where.write("tale.txt", tale(count, 1));
    path = where.file("tale.tokens");
    REQUIRE(tl::write_tokens(path, words, paths{where.file("tale.txt")}));
  }
  [[nodiscard]] tl::token_file open() const { return tl::open_tokens(path, words).value(); }
};

}  // namespace test

#endif
