#ifndef TRILITH_TEXT_SENTENCEPIECE_WORDS_IMPL_HPP
#define TRILITH_TEXT_SENTENCEPIECE_WORDS_IMPL_HPP

#include <trilith/text/byte_level/part_cache_impl.hpp>
#include <trilith/text/sentencepiece/merge_impl.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace trilith::text::detail {

/// Encodes a text word by word, where no piece spans two words: no merge can cross the border then,
/// and words that were met before are not merged again. Other vocabularies get the whole text at
/// once. The tokens are the same either way (test/unit/text_encode.cpp).
class word_encoder {
 public:
  word_encoder(const tokenizer& with, std::size_t text_bytes)
      : with_(with), merger_(with), known_(text_bytes) {}

  void append_tokens(std::string_view text, std::vector<std::int32_t>& out) {
    if (!with_.index().parts_at_spaces) return merger_.append_tokens(text, out);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = end_of_word(text, begin);
      append_word(text.substr(begin, end - begin), out);
      begin = end;
    }
  }

 private:
  /// A word is a run of spaces and what follows them up to the next space.
  [[nodiscard]] static std::size_t end_of_word(std::string_view text, std::size_t begin) {
    const std::size_t first = text.find_first_not_of(' ', begin);
    const std::size_t space = first == text.npos ? first : text.find(' ', first);
    return space == text.npos ? text.size() : space;
  }

  void append_word(std::string_view word, std::vector<std::int32_t>& out) {
    const std::uint64_t hash = piece_index::hash_of(word);
    part_cache::entry& e = known_.of(hash);
    if (e.hash == hash && e.text != nullptr && std::string_view(e.text, e.length) == word) {
      repeat(e, out);
      return;
    }
    const std::size_t first = out.size();
    merger_.append_tokens(word, out);
    // a run of unknown characters is one token, which may have begun before the word
    const std::int32_t unknown = with_.vocab().unknown;
    if (out.size() == first || out[first] == unknown || (first > 0 && out[first - 1] == unknown))
      return;
    e = {hash, word.data(), static_cast<std::uint32_t>(word.size()),
         static_cast<std::uint32_t>(out.size() - first), first};
  }

  static void repeat(const part_cache::entry& e, std::vector<std::int32_t>& out) {
    for (std::size_t i = e.first; i < e.first + e.count; ++i) out.push_back(out[i]);
  }

  const tokenizer& with_;
  merger merger_;
  part_cache known_;
};

}  // namespace trilith::text::detail

#endif
