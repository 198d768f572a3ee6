#ifndef TRILITH_IO_WRITING_SENTENCEPIECE_IMPL_HPP
#define TRILITH_IO_WRITING_SENTENCEPIECE_IMPL_HPP

#include <trilith/io/writing/spelling_impl.hpp>

#include <cstring>

namespace trilith::io::writing {

/// tokenizer.model: SentencePiece's ModelProto (1 pieces, 2 trainer_spec, 3 normalizer_spec).
class sentencepiece_model {
 public:
  explicit sentencepiece_model(const text::vocabulary& words) : words_(words) {}

  /// Place holders and pieces that strip spaces have no place in it.
  [[nodiscard]] static bool can_say(const text::vocabulary& words) noexcept {
    return words.pre == pre_tokenizer::none &&
           std::all_of(words.pieces.begin(), words.pieces.end(), [](const text::piece& p) {
             return p.kind != piece_kind::unused && !p.strip_left && !p.strip_right;
           });
  }

  [[nodiscard]] std::string text() && {
    bool has_bytes = false;
    for (const text::piece& p : words_.pieces) {
      has_bytes = has_bytes || p.kind == piece_kind::byte;
      message(1, piece_message(p));
    }
    message(2, trainer(has_bytes));
    message(3, normalizer());
    return std::move(out_);
  }

 private:
  static void varint(std::string& to, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
    to += static_cast<char>(value);
  }
  static void number(std::string& to, unsigned field, std::uint64_t value) {
    varint(to, field << 3);
    varint(to, value);
  }
  static void token(std::string& to, unsigned field, std::int32_t id) {
    number(to, field, static_cast<std::uint64_t>(std::int64_t{id}));
  }
  static void bytes(std::string& to, unsigned field, std::string_view value) {
    varint(to, field << 3 | 2);
    varint(to, value.size());
    to += value;
  }
  void message(unsigned field, const std::string& value) { bytes(out_, field, value); }

  [[nodiscard]] static std::string piece_message(const text::piece& p) {
    std::string to;
    bytes(to, 1, spell_spaces(p.text));
    char score[4];
    std::memcpy(score, &p.score, 4);
    varint(to, 2 << 3 | 5);
    to.append(score, 4);
    if (p.kind != piece_kind::normal) number(to, 3, static_cast<std::uint64_t>(token_type(p.kind)));
    return to;
  }
  [[nodiscard]] std::string trainer(bool has_bytes) const {
    std::string to;
    number(to, 3, 2);  // BPE
    number(to, 4, words_.pieces.size());
    number(to, 35, has_bytes);
    token(to, 40, words_.unknown);
    token(to, 41, words_.bos);
    token(to, 42, words_.eos);
    token(to, 43, -1);  // no padding
    return to;
  }
  [[nodiscard]] std::string normalizer() const {
    std::string to;
    bytes(to, 1, "identity");
    number(to, 3, words_.dummy_prefix);
    number(to, 4, words_.collapse_spaces);
    number(to, 5, 1);  // spaces are U+2581
    return to;
  }

  const text::vocabulary& words_;
  std::string out_;
};

}  // namespace trilith::io::writing

#endif
