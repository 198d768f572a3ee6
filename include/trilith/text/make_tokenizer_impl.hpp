#ifndef TRILITH_TEXT_MAKE_TOKENIZER_IMPL_HPP
#define TRILITH_TEXT_MAKE_TOKENIZER_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/check_vocabulary_impl.hpp>
#include <trilith/text/special_impl.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/tokenizer_access_impl.hpp>
#include <trilith/text/utf8.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace trilith::text::detail {

/// Checks a vocabulary and indexes it.
class indexer {
 public:
  indexer(vocabulary& words, std::string_view name) : words_(words), name_(name) {}

  [[nodiscard]] result<piece_index> run() {
    if (status good = check_size(words_, name_); !good) return std::move(good).error();
    index_.slots.assign(std::bit_ceil(2 * words_.pieces.size() + 2), -1);
    index_.byte_tokens.fill(-1);
    index_.parts_at_spaces = true;
    for (std::size_t i = 0; i < words_.pieces.size(); ++i)
      if (status good = add(i); !good) return std::move(good).error();
    if (status good = check_roles(words_, name_); !good) return std::move(good).error();
    if (status good = check_bytes(); !good) return std::move(good).error();
    index_special(words_, index_);
    return std::move(index_);
  }

 private:
  [[nodiscard]] error wrong(std::size_t id, std::string_view what) const {
    return wrong_piece(words_, id, name_, what);
  }

  [[nodiscard]] status add(std::size_t id) {
    piece& p = words_.pieces[id];
    if (status good = check_piece(words_, id, name_); !good) return good;
    if (valid_prefix(p.text) != p.text.size()) return wrong(id, "is not valid UTF-8.");
    if (p.kind == piece_kind::byte) return add_byte(id);
    if (!is_text(p.kind)) return done{};
    p.text = with_plain_spaces(p.text);
    for (std::size_t i = 1; i < p.text.size(); ++i)
      if (p.text[i] == ' ' && p.text[i - 1] != ' ') index_.parts_at_spaces = false;
    std::size_t& longest =
        p.kind == piece_kind::normal ? index_.longest : index_.longest_user_defined;
    longest = std::max(longest, p.text.size());
    std::int32_t& slot = index_.slots[index_.slot_of(words_, p.text, piece_index::hash_of(p.text))];
    if (slot >= 0) return wrong(id, join("is spelled like piece ", slot, "."));
    slot = static_cast<std::int32_t>(id);
    return done{};
  }

  [[nodiscard]] status add_byte(std::size_t id) {
    const int byte = spelled_byte(words_.pieces[id].text);
    if (byte < 0) return wrong(id, "is a byte piece, but not spelled <0x00> to <0xFF>.");
    std::int32_t& token = index_.byte_tokens[static_cast<std::size_t>(byte)];
    if (token >= 0) return wrong(id, join("is spelled like piece ", token, "."));
    token = static_cast<std::int32_t>(id);
    return done{};
  }

  [[nodiscard]] status check_bytes() {
    const auto missing = std::count(index_.byte_tokens.begin(), index_.byte_tokens.end(), -1);
    if (missing != 0 && missing != 256)
      return malformed(join(name_, ": ", 256 - missing, " of the 256 byte pieces are there; a ",
                            "vocabulary has all of them or none."));
    if (missing != 0 && words_.unknown < 0)
      return malformed(join(name_, ": there are neither byte pieces nor an unknown piece, so most ",
                            "texts could not be encoded."));
    index_.has_bytes = missing == 0;
    return done{};
  }

  vocabulary& words_;
  std::string_view name_;
  piece_index index_;
};

}  // namespace trilith::text::detail

namespace trilith::TRILITH_IMPLEMENTED {

result<text::tokenizer> build_tokenizer(text::vocabulary words, std::string_view name) {
  if (words.pre != text::pre_tokenizer::none)
    return error{errc::unsupported,
                 join(name, " is a byte-level vocabulary; expected one of SentencePiece's kind. ",
                      "text::make_byte_level_tokenizer() makes a tokenizer of it.")};
  if (!words.merges.empty())
    return text::detail::malformed(join(name, " lists ", words.merges.size(),
                                        " merges, which only ", "byte-level vocabularies have."));
  result<text::piece_index> index = text::detail::indexer(words, name).run();
  if (!index) return std::move(index).error();
  return text::detail::tokenizer_access::make(std::move(words), std::move(index).value());
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
