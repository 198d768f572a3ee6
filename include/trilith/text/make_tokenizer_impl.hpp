#ifndef TRILITH_TEXT_MAKE_TOKENIZER_IMPL_HPP
#define TRILITH_TEXT_MAKE_TOKENIZER_IMPL_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/core/text.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/tokenizer.hpp>
#include <trilith/text/utf8.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace trilith::text::detail {

inline constexpr std::size_t longest_piece = 65535;  // what tells a .bin from a .model (is_llama2c)

[[nodiscard]] inline bool is_text(piece_kind kind) {
  return kind == piece_kind::normal || kind == piece_kind::user_defined;
}

/// Checks a vocabulary and indexes it.
class indexer {
 public:
  indexer(vocabulary& words, std::string_view name) : words_(words), name_(name) {}

  [[nodiscard]] result<piece_index> run() {
    if (words_.pieces.size() > std::size_t{std::numeric_limits<std::int32_t>::max() / 2})
      return malformed(join(name_, ": ", words_.pieces.size(), " pieces are too many."));
    index_.slots.assign(std::bit_ceil(2 * words_.pieces.size() + 2), -1);
    index_.byte_tokens.fill(-1);
    for (std::size_t i = 0; i < words_.pieces.size(); ++i)
      if (status good = add(i); !good) return std::move(good).error();
    if (status good = check_special(); !good) return std::move(good).error();
    if (status good = check_bytes(); !good) return std::move(good).error();
    return std::move(index_);
  }

 private:
  [[nodiscard]] error wrong(std::size_t id, std::string_view what) const {
    return malformed(
        join(name_, ": piece ", id, ", ", in_quotes(words_.pieces[id].text), ", ", what));
  }

  [[nodiscard]] status check_spelling(std::size_t id) const {
    const std::string& text = words_.pieces[id].text;
    if (text.empty()) return wrong(id, "is empty.");
    if (text.size() > longest_piece)
      return wrong(id, join("has ", text.size(), " bytes; at most ", longest_piece, " are read."));
    if (valid_prefix(text) != text.size()) return wrong(id, "is not valid UTF-8.");
    if (!is_finite(words_.pieces[id].score)) return wrong(id, "has a score that is not finite.");
    return done{};
  }

  [[nodiscard]] status add(std::size_t id) {
    piece& p = words_.pieces[id];
    if (status good = check_spelling(id); !good) return good;
    if (p.kind == piece_kind::byte) return add_byte(id);
    if (!is_text(p.kind)) return done{};
    p.text = with_plain_spaces(p.text);
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

  [[nodiscard]] status check_special() const {
    for (std::size_t i = 0; i < words_.pieces.size(); ++i)
      if (words_.pieces[i].kind == piece_kind::unknown &&
          static_cast<std::int32_t>(i) != words_.unknown)
        return wrong(i, join("is of the unknown kind, which is piece ", words_.unknown, "'s."));
    if (status good = check_role("unknown", words_.unknown, piece_kind::unknown); !good)
      return good;
    if (status good = check_role("begin-of-text", words_.bos, piece_kind::control); !good)
      return good;
    return check_role("end-of-text", words_.eos, piece_kind::control);
  }

  [[nodiscard]] status check_role(std::string_view role, std::int32_t id, piece_kind kind) const {
    if (id == -1) return done{};
    if (id < 0 || static_cast<std::size_t>(id) >= words_.pieces.size())
      return malformed(join(name_, ": the ", role, " token is ", id, ", but there are ",
                            words_.pieces.size(), " pieces."));
    if (words_.pieces[static_cast<std::size_t>(id)].kind != kind)
      return wrong(static_cast<std::size_t>(id),
                   join("is the ", role, " token, but not marked so."));
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
  result<text::piece_index> index = text::detail::indexer(words, name).run();
  if (!index) return std::move(index).error();
  return text::tokenizer(std::move(words), std::move(index).value());
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
