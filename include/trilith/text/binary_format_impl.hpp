#ifndef TRILITH_TEXT_BINARY_FORMAT_IMPL_HPP
#define TRILITH_TEXT_BINARY_FORMAT_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/little_endian_impl.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/vocabulary.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text::detail {

// The layout: see serialize() in load_tokenizer.hpp.
inline constexpr std::string_view binary_magic = "TLTOKEN1";
inline constexpr unsigned strips_left = 16, strips_right = 32;

struct binary_flags {
  static constexpr unsigned dummy_prefix = 1, collapse_spaces = 2, nfc = 4, ignore_merges = 8,
                            scores = 16;
};

[[nodiscard]] inline bool is_binary_format(std::span<const unsigned char> bytes) {
  return as_text(bytes).starts_with(binary_magic);
}

/// What llama2.c's .bin and the record behind it have no room for.
[[nodiscard]] inline bool needs_binary_format(const vocabulary& words) {
  return words.pre != pre_tokenizer::none || !words.stop.empty() || words.nfc ||
         words.ignore_merges ||
         std::any_of(words.pieces.begin(), words.pieces.end(),
                     [](const piece& p) { return p.strip_left || p.strip_right; });
}

[[nodiscard]] inline bool has_scores(const vocabulary& words) {
  return std::any_of(words.pieces.begin(), words.pieces.end(),
                     [](const piece& p) { return std::bit_cast<std::uint32_t>(p.score) != 0; });
}

[[nodiscard]] inline unsigned flags_of(const vocabulary& words) {
  using f = binary_flags;
  return (words.dummy_prefix ? f::dummy_prefix : 0) |
         (words.collapse_spaces ? f::collapse_spaces : 0) | (words.nfc ? f::nfc : 0) |
         (words.ignore_merges ? f::ignore_merges : 0) | (has_scores(words) ? f::scores : 0);
}

inline void append_piece(std::vector<unsigned char>& out, const piece& p, bool score) {
  out.push_back(static_cast<unsigned char>(static_cast<unsigned>(p.kind) |
                                           (p.strip_left ? strips_left : 0) |
                                           (p.strip_right ? strips_right : 0)));
  if (score) append_u32(out, std::bit_cast<std::uint32_t>(p.score));
  out.push_back(static_cast<unsigned char>(p.text.size() & 0xFF));
  out.push_back(static_cast<unsigned char>(p.text.size() >> 8));  // check_piece(): below 2^16
  out.insert(out.end(), p.text.begin(), p.text.end());
}

[[nodiscard]] inline std::vector<unsigned char> binary_format(const vocabulary& words) {
  std::vector<unsigned char> out(binary_magic.begin(), binary_magic.end());
  const unsigned flags = flags_of(words);
  out.push_back(static_cast<unsigned char>(words.pre));
  out.push_back(static_cast<unsigned char>(flags));
  for (const std::int32_t id : {words.unknown, words.bos, words.eos}) append_i32(out, id);
  append_u32(out, static_cast<std::uint32_t>(words.stop.size()));
  for (const std::int32_t id : words.stop) append_i32(out, id);
  append_u32(out, static_cast<std::uint32_t>(words.pieces.size()));
  for (const piece& p : words.pieces) append_piece(out, p, (flags & binary_flags::scores) != 0);
  append_u32(out, static_cast<std::uint32_t>(words.merges.size()));
  for (const merge_rule& m : words.merges) {
    append_i32(out, m.left);
    append_i32(out, m.right);
  }
  return out;
}

/// Reads the same; no count is believed before it is compared with the bytes that are left.
class binary_reader {
 public:
  binary_reader(std::span<const unsigned char> bytes, std::string_view name)
      : in_{bytes}, name_(name) {}

  [[nodiscard]] result<vocabulary> run() {
    if (status good = read_rules(); !good) return std::move(good).error();
    if (status good = read_pieces(); !good) return std::move(good).error();
    if (status good = read_merges(); !good) return std::move(good).error();
    if (in_.left() != 0)
      return malformed(join(name_, ": expected the tokenizer to end at byte ", in_.at, ", found ",
                            in_.left(), " bytes more."));
    return std::move(words_);
  }

 private:
  [[nodiscard]] status need(std::uint64_t bytes, std::string_view what) const {
    if (in_.holds(bytes)) return done{};
    return error{errc::truncated, join(name_, " ends inside ", what, ": expected ", bytes,
                                       " bytes at byte ", in_.at, ", found ", in_.left(), ".")};
  }

  /// A count of things that take at least `each` bytes.
  [[nodiscard]] status read_count(std::uint32_t& count, std::uint64_t each, std::string_view what) {
    if (status good = need(4, join("the number of ", what)); !good) return good;
    count = in_.u32();
    return need(count * each, join("its ", count, " ", what));
  }

  [[nodiscard]] status read_rules() {
    if (status good = need(binary_magic.size() + 14, "its rules"); !good) return good;
    static_cast<void>(in_.take(binary_magic.size()));
    const std::uint8_t pre = in_.u8();
    if (pre > static_cast<std::uint8_t>(pre_tokenizer::ggml_default))
      return error{errc::unsupported,
                   join(name_, ": pre-tokenizer ", pre, " is unknown here; expected 0 to 5.")};
    words_.pre = static_cast<pre_tokenizer>(pre);
    if (status good = read_flags(); !good) return good;
    for (std::int32_t* id : {&words_.unknown, &words_.bos, &words_.eos}) *id = in_.i32();
    std::uint32_t count = 0;
    if (status good = read_count(count, 4, "stop tokens"); !good) return good;
    for (; count != 0; --count) words_.stop.push_back(in_.i32());
    return done{};
  }

  [[nodiscard]] status read_flags() {
    const unsigned flags = in_.u8();
    if (flags >= 2 * binary_flags::scores)
      return malformed(join(name_, ": its rules are ", flags, "; expected 0 to 31."));
    words_.dummy_prefix = (flags & binary_flags::dummy_prefix) != 0;
    words_.collapse_spaces = (flags & binary_flags::collapse_spaces) != 0;
    words_.nfc = (flags & binary_flags::nfc) != 0;
    words_.ignore_merges = (flags & binary_flags::ignore_merges) != 0;
    scores_ = (flags & binary_flags::scores) != 0;
    return done{};
  }

  [[nodiscard]] status read_pieces() {
    std::uint32_t count = 0;
    if (status good = read_count(count, scores_ ? 7 : 3, "pieces"); !good) return good;
    words_.pieces.reserve(count);
    for (; count != 0; --count)
      if (status good = read_piece(); !good) return good;
    return done{};
  }

  [[nodiscard]] status need_in_piece(std::uint64_t bytes, std::size_t number) const {
    if (in_.holds(bytes)) return done{};
    return need(bytes, join("piece ", number));
  }

  [[nodiscard]] status read_piece() {
    const std::size_t number = words_.pieces.size();
    if (status good = need_in_piece(scores_ ? 7 : 3, number); !good) return good;
    const unsigned kind = in_.u8();
    if ((kind & 15) > static_cast<unsigned>(piece_kind::unused) || kind >= 64)
      return malformed(
          join(name_, ": piece ", number, " is of kind ", kind, ", which is unknown here."));
    piece& p = words_.pieces.emplace_back();
    p.kind = static_cast<piece_kind>(kind & 15);
    p.strip_left = (kind & strips_left) != 0;
    p.strip_right = (kind & strips_right) != 0;
    if (scores_) p.score = in_.f32();
    const unsigned low = in_.u8();
    const std::size_t length = low + 256u * in_.u8();
    if (status good = need_in_piece(length, number); !good) return good;
    p.text = as_text(in_.take(length));
    return done{};
  }

  [[nodiscard]] status read_merges() {
    std::uint32_t count = 0;
    if (status good = read_count(count, 8, "merges"); !good) return good;
    words_.merges.resize(count);
    for (merge_rule& m : words_.merges) {
      m.left = in_.i32();
      m.right = in_.i32();
    }
    return done{};
  }

  byte_reader in_;
  std::string_view name_;
  vocabulary words_;
  bool scores_ = false;
};

}  // namespace trilith::text::detail

#endif
