#ifndef TRILITH_TEXT_SERIALIZE_IMPL_HPP
#define TRILITH_TEXT_SERIALIZE_IMPL_HPP

#include <trilith/text/binary_format_impl.hpp>
#include <trilith/text/little_endian_impl.hpp>
#include <trilith/text/load_tokenizer.hpp>
#include <trilith/text/sentencepiece/llama2c_impl.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

namespace trilith::text::detail {

/// How llama2.c spells piece `id`.
[[nodiscard]] inline std::string_view written_text(const vocabulary& words, std::size_t id) {
  const piece& p = words.pieces[id];
  if (id == 1 && words.bos == 1 && p.text == "<s>") return llama2c_bos;
  if (id == 2 && words.eos == 2 && p.text == "</s>") return llama2c_eos;
  return p.text;
}

[[nodiscard]] inline std::vector<unsigned char> written_pieces(const vocabulary& words) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < words.pieces.size(); ++i)
    longest = std::max(longest, written_text(words, i).size());
  std::vector<unsigned char> out;
  append_u32(out, static_cast<std::uint32_t>(longest));
  for (std::size_t i = 0; i < words.pieces.size(); ++i) {
    const std::string_view text = written_text(words, i);
    append_u32(out, std::bit_cast<std::uint32_t>(words.pieces[i].score));
    append_u32(out, static_cast<std::uint32_t>(text.size()));
    out.insert(out.end(), text.begin(), text.end());
  }
  return out;
}

inline void append_rules(std::vector<unsigned char>& out, const vocabulary& words) {
  append_u32(out, 0);
  append_i32(out, -1);
  for (const std::int32_t id : {words.unknown, words.bos, words.eos}) append_i32(out, id);
  out.push_back(words.dummy_prefix);
  out.push_back(words.collapse_spaces);
  for (const piece& p : words.pieces) out.push_back(static_cast<unsigned char>(p.kind));
}

/// Whether the pieces alone say everything about `words`.
[[nodiscard]] inline bool is_conventional(const vocabulary& words,
                                          const std::vector<unsigned char>& pieces) {
  const result<vocabulary> read = llama2c_reader(pieces, {}).run();
  return read && *read == words;
}

}  // namespace trilith::text::detail

namespace trilith::TRILITH_IMPLEMENTED {

std::vector<unsigned char> serialize_tokenizer(const text::tokenizer& words) {
  using namespace text::detail;
  if (needs_binary_format(words.vocab())) return binary_format(words.vocab());
  std::vector<unsigned char> out = written_pieces(words.vocab());
  if (!is_conventional(words.vocab(), out)) append_rules(out, words.vocab());
  return out;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
