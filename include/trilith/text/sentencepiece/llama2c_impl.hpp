#ifndef TRILITH_TEXT_SENTENCEPIECE_LLAMA2C_IMPL_HPP
#define TRILITH_TEXT_SENTENCEPIECE_LLAMA2C_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/little_endian_impl.hpp>
#include <trilith/text/load_tokenizer.hpp>
#include <trilith/text/spelling_impl.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text::detail {

/// The longest piece comes first and is below 2^16, so bytes 2 and 3 are 0; those of a .model are
/// protobuf tags or text, never both 0.
[[nodiscard]] inline bool is_llama2c(std::span<const unsigned char> bytes) {
  return bytes.size() >= 4 && bytes[2] == 0 && bytes[3] == 0;
}

/// llama2.c's own layout: <unk>, <s>, </s>, then the 256 bytes in order, then text.
inline constexpr std::string_view llama2c_bos = "\n<s>\n";
inline constexpr std::string_view llama2c_eos = "\n</s>\n";

class llama2c_reader {
 public:
  llama2c_reader(std::span<const unsigned char> bytes, std::string_view name)
      : in_{bytes}, name_(name) {}

  [[nodiscard]] result<vocabulary> run() {
    const std::int32_t longest = in_.i32();  // is_llama2c() has seen its four bytes
    while (in_.left() != 0 && !at_rules()) {
      status good = read_piece(longest);
      if (!good) return std::move(good).error();
    }
    status good = in_.left() != 0 ? read_rules() : apply_conventions();
    if (!good) return std::move(good).error();
    return std::move(words_);
  }

 private:
  [[nodiscard]] std::string here() const {
    return join(name_, ": piece ", words_.pieces.size(), " (byte ", in_.at, ")");
  }
  [[nodiscard]] error cut_short(std::string_view what, std::int64_t needed) const {
    return {errc::truncated, join(here(), " ends too early: ", what, " needs ", needed, " bytes, ",
                                  in_.left(), " are left.")};
  }

  [[nodiscard]] status read_piece(std::int32_t longest) {
    if (!in_.holds(8)) return cut_short("its score and length", 8);
    const float score = in_.f32();
    const std::int32_t length = in_.i32();
    if (length <= 0 || length > longest)
      return malformed(join(here(), " has length ", length, "; expected 1 to ", longest,
                            ", the longest by the file's first four bytes."));
    if (!in_.holds(static_cast<std::uint64_t>(length))) return cut_short("its text", length);
    words_.pieces.push_back({std::string(as_text(in_.take(static_cast<std::size_t>(length)))),
                             score, piece_kind::normal});
    return done{};
  }

  [[nodiscard]] bool at_rules() const {
    byte_reader ahead = in_;
    return ahead.holds(8) && ahead.u32() == 0 && ahead.i32() == -1;
  }

  /// The record of length -1: see serialize().
  [[nodiscard]] status read_rules() {
    const std::size_t expected = 8 + 12 + 2 + words_.pieces.size();
    if (in_.left() != expected)
      return malformed(join(here(), ": the closing record has ", in_.left(), " bytes; ", expected,
                            " are expected for ", words_.pieces.size(), " pieces."));
    static_cast<void>(in_.take(8));
    words_.unknown = in_.i32();
    words_.bos = in_.i32();
    words_.eos = in_.i32();
    const std::uint8_t prefix = in_.u8();
    const std::uint8_t collapse = in_.u8();
    if (prefix > 1 || collapse > 1)
      return malformed(join(name_, ": the closing record holds a rule that is neither 0 nor 1."));
    words_.dummy_prefix = prefix == 1;
    words_.collapse_spaces = collapse == 1;
    return read_kinds();
  }

  [[nodiscard]] status read_kinds() {
    for (std::size_t i = 0; i < words_.pieces.size(); ++i) {
      const std::uint8_t kind = in_.u8();
      if (kind > static_cast<std::uint8_t>(piece_kind::unused))
        return malformed(join(name_, ": piece ", i, " is of kind ", kind, "; expected 0 to 5."));
      words_.pieces[i].kind = static_cast<piece_kind>(kind);
    }
    if (words_.bos == 1) unwrap(1, llama2c_bos);
    if (words_.eos == 2) unwrap(2, llama2c_eos);
    return done{};
  }

  /// "\n<s>\n" is "<s>", as written_text() has it.
  void unwrap(std::size_t id, std::string_view written) {
    if (id >= words_.pieces.size() || words_.pieces[id].text != written) return;
    words_.pieces[id].text = written.substr(1, written.size() - 2);
  }

  [[nodiscard]] status apply_conventions() {
    if (words_.pieces.size() < 3)
      return error{errc::truncated, join(name_, " has ", words_.pieces.size(),
                                         " pieces; expected at least <unk>, <s> and </s>.")};
    unwrap(1, llama2c_bos);
    unwrap(2, llama2c_eos);
    if (status good = expect(0, "<unk>", piece_kind::unknown); !good) return good;
    if (status good = expect(1, "<s>", piece_kind::control); !good) return good;
    if (status good = expect(2, "</s>", piece_kind::control); !good) return good;
    words_.unknown = 0;
    words_.bos = 1;
    words_.eos = 2;
    for (std::size_t i = 3; i < std::min<std::size_t>(words_.pieces.size(), 259); ++i)
      if (spelled_byte(words_.pieces[i].text) == static_cast<int>(i - 3))
        words_.pieces[i].kind = piece_kind::byte;
    return done{};
  }

  [[nodiscard]] status expect(std::size_t id, std::string_view text, piece_kind kind) {
    piece& p = words_.pieces[id];
    if (p.text != text)
      return malformed(join(name_, ": piece ", id, " is ", in_quotes(p.text), "; expected ",
                            in_quotes(text), " as in every llama2.c tokenizer."));
    p.kind = kind;
    return done{};
  }

  byte_reader in_;
  std::string_view name_;
  vocabulary words_;
};

}  // namespace trilith::text::detail

#endif
