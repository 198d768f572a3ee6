#ifndef TRILITH_TEXT_BYTE_LEVEL_INDEX_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_INDEX_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/byte_level/pairs_impl.hpp>
#include <trilith/text/byte_level/text_table_impl.hpp>
#include <trilith/text/check_vocabulary_impl.hpp>
#include <trilith/text/special_impl.hpp>
#include <trilith/text/utf8.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text::detail {

/// Checks a byte-level vocabulary and indexes it.
class byte_level_indexer {
 public:
  byte_level_indexer(const vocabulary& words, std::string_view name)
      : words_(words), name_(name), table_(words.pieces.size()) {}

  [[nodiscard]] result<piece_index> run() {
    if (status good = check_size(words_, name_); !good) return std::move(good).error();
    if (status good = add_pieces(); !good) return std::move(good).error();
    if (status good = check_roles(words_, name_); !good) return std::move(good).error();
    if (status good = check_bytes(); !good) return std::move(good).error();
    if (words_.merges.empty())
      find_merges();
    else if (status good = add_merges(); !good)
      return std::move(good).error();
    index_special(words_, index_);
    fill_table();
    return std::move(index_);
  }

 private:
  [[nodiscard]] status add_pieces() {
    index_.slots.assign(std::bit_ceil(2 * words_.pieces.size() + 2), -1);
    index_.byte_tokens.fill(-1);
    for (std::size_t i = 0; i < words_.pieces.size(); ++i)
      if (status good = add(i); !good) return good;
    return done{};
  }

  [[nodiscard]] status add(std::size_t id) {
    const piece& p = words_.pieces[id];
    if (status good = check_piece(words_, id, name_); !good) return good;
    if (p.kind == piece_kind::byte)
      return wrong_piece(words_, id, name_, "is a byte piece, which byte-level vocabularies lack.");
    // matched in text, anything else would cut it inside a character
    if (p.kind != piece_kind::normal && valid_prefix(p.text) != p.text.size())
      return wrong_piece(words_, id, name_, "is not valid UTF-8, which only normal pieces may be.");
    if (!is_text(p.kind)) return done{};
    const auto token = static_cast<std::int32_t>(id);
    if (const std::int32_t other = table_.add(p.text, token); other >= 0)
      return wrong_piece(words_, id, name_, join("is spelled like piece ", other, "."));
    index_.slots[index_.slot_of(words_, p.text, piece_index::hash_of(p.text))] = token;
    index_.longest = std::max(index_.longest, p.text.size());
    if (p.text.size() == 1) index_.byte_tokens[static_cast<unsigned char>(p.text[0])] = token;
    return done{};
  }

  [[nodiscard]] status check_bytes() {
    const auto missing = std::find(index_.byte_tokens.begin(), index_.byte_tokens.end(), -1);
    if (missing != index_.byte_tokens.end())
      return malformed(
          join(name_, ": no piece is the single byte ",
               byte_name(static_cast<unsigned char>(missing - index_.byte_tokens.begin())),
               "; a byte-level vocabulary has all 256, so that every text can be encoded."));
    index_.has_bytes = true;
    return done{};
  }

  [[nodiscard]] std::string_view text_of(std::int32_t token) const {
    return piece_of(words_, token).text;
  }

  [[nodiscard]] status add_merges() {
    std::string both;
    merges_.reserve(words_.merges.size());
    for (const merge_rule& m : words_.merges) {
      const auto rank = static_cast<std::int32_t>(merges_.size());
      if (!is_text_token(m.left) || !is_text_token(m.right))
        return malformed(join(name_, ": merge ", rank, " is of tokens ", m.left, " and ", m.right,
                              "; expected two that are text, below ", words_.pieces.size(), "."));
      both.assign(text_of(m.left)).append(text_of(m.right));
      const std::int32_t token = table_.find(both);
      if (token < 0)
        return malformed(
            join(name_, ": merge ", rank, " makes ", in_quotes(both), ", which is no piece."));
      merges_.push_back({m.left, m.right, rank, token});
    }
    return done{};
  }

  [[nodiscard]] bool is_text_token(std::int32_t token) const {
    return token >= 0 && static_cast<std::size_t>(token) < words_.pieces.size() &&
           is_text(piece_of(words_, token).kind);
  }

  /// Every way in which a piece is made of two others; its token is the rank. Only lengths that
  /// pieces have are tried, so that a long piece costs little.
  void find_merges() {
    std::vector<bool> has_length(index_.longest + 1);
    for (const piece& p : words_.pieces)
      if (is_text(p.kind)) has_length[p.text.size()] = true;
    for (std::size_t i = 0; i < words_.pieces.size(); ++i) {
      const piece& p = words_.pieces[i];
      if (p.kind != piece_kind::normal) continue;
      for (std::size_t n = 1; n < p.text.size(); ++n)
        if (has_length[n] && has_length[p.text.size() - n])
          add_split(static_cast<std::int32_t>(i), n);
    }
  }

  void add_split(std::int32_t token, std::size_t n) {
    const std::string_view text = text_of(token);
    const std::int32_t left = table_.find(text.substr(0, n));
    if (left < 0) return;
    const std::int32_t right = table_.find(text.substr(n));
    if (right >= 0) merges_.push_back({left, right, token, token});
  }

  /// Of a pair that is listed twice, the first counts.
  void fill_table() {
    std::vector<piece_index::merge_slot>& slots = index_.merges;
    slots.resize(std::bit_ceil(merges_.size() + merges_.size() / 2 + 2));
    for (const piece_index::merge_slot& m : merges_) {
      auto& slot = slots[merge_table::slot_of(slots.data(), slots.size() - 1, m.left, m.right)];
      if (slot.left < 0) slot = m;
    }
  }

  const vocabulary& words_;
  std::string_view name_;
  text_table table_;
  std::vector<piece_index::merge_slot> merges_;
  piece_index index_;
};

}  // namespace trilith::text::detail

#endif
