#ifndef TRILITH_TEXT_SENTENCEPIECE_MODEL_IMPL_HPP
#define TRILITH_TEXT_SENTENCEPIECE_MODEL_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/sentencepiece/protobuf_impl.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/vocabulary.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace trilith::text::detail {

/// Reads SentencePiece's ModelProto (sentencepiece_model.proto): 1 pieces, 2 trainer_spec,
/// 3 normalizer_spec. What the file does not say has the default of that schema.
class sentencepiece_reader {
 public:
  sentencepiece_reader(std::span<const unsigned char> bytes, std::string_view name)
      : bytes_(bytes), name_(name) {}

  [[nodiscard]] result<vocabulary> run() {
    wire_reader in(bytes_);
    for (wire_field field; in.next(field);) {
      status good = read(field);
      if (!good) return std::move(good).error();
    }
    if (in.broken()) return broken("the file", in);
    if (status good = check_complete(); !good) return std::move(good).error();
    return std::move(words_);
  }

 private:
  using form = wire_field::form;

  [[nodiscard]] error broken(std::string_view message, const wire_reader& in) const {
    return {errc::truncated,
            join(name_, ": ", message, " is no complete protobuf message: field ", "at byte ",
                 in.offset(), " of it breaks. ", words_.pieces.size(), " pieces were read.")};
  }
  [[nodiscard]] error unsupported(std::string_view sentence) const {
    return {errc::unsupported, join(name_, ": ", sentence)};
  }

  [[nodiscard]] status read(const wire_field& field) {
    if (field.is(1, form::bytes)) return read_piece(field.payload);
    if (field.is(2, form::bytes)) return read_trainer(field.payload);
    if (field.is(3, form::bytes)) return read_normalizer(field.payload);
    if (field.number <= 3)
      return malformed(join(name_, ": field ", field.number, " of the file is not a message."));
    return done{};
  }

  [[nodiscard]] status read_piece(std::span<const unsigned char> message) {
    piece p;
    std::int32_t type = 1;
    wire_reader in(message);
    for (wire_field field; in.next(field);) {
      if (field.is(1, form::bytes)) p.text = as_text(field.payload);
      if (field.is(2, form::fixed32)) p.score = field.as_float();
      if (field.is(3, form::varint)) type = field.as_int();
    }
    if (in.broken()) return broken(join("piece ", words_.pieces.size()), in);
    if (status good = set_kind(p, type); !good) return good;
    words_.pieces.push_back(std::move(p));
    return done{};
  }

  [[nodiscard]] status set_kind(piece& p, std::int32_t type) const {
    switch (type) {
      case 1:
        p.kind = piece_kind::normal;
        return done{};
      case 2:
        p.kind = piece_kind::unknown;
        return done{};
      case 3:
        p.kind = piece_kind::control;
        return done{};
      case 4:
        p.kind = piece_kind::user_defined;
        return done{};
      case 6:
        p.kind = piece_kind::byte;
        return done{};
      default:
        return unsupported(join("piece ", words_.pieces.size(), ", ", in_quotes(p.text),
                                ", is of type ", type,
                                "; types 1 to 4 and 6 can be read (5 marks unused pieces)."));
    }
  }

  [[nodiscard]] status read_trainer(std::span<const unsigned char> message) {
    has_trainer_ = true;
    words_.unknown = 0;
    words_.bos = 1;
    words_.eos = 2;
    std::int32_t model_type = 1;
    wire_reader in(message);
    for (wire_field field; in.next(field);) {
      if (field.type != form::varint) continue;
      if (field.number == 3) model_type = field.as_int();
      if (field.number == 24) space_behind_ = field.value != 0;
      if (field.number == 40) words_.unknown = field.as_int();
      if (field.number == 41) words_.bos = field.as_int();
      if (field.number == 42) words_.eos = field.as_int();
    }
    if (in.broken()) return broken("trainer_spec", in);
    return check_model_type(model_type);
  }

  [[nodiscard]] status check_model_type(std::int32_t type) const {
    static constexpr std::array<std::string_view, 5> names{"unnamed", "unigram", "BPE", "word",
                                                           "character"};
    if (type == 2) return done{};
    const std::string_view kind = names[type >= 1 && type <= 4 ? static_cast<unsigned>(type) : 0];
    return unsupported(join("a SentencePiece model of the ", kind, " kind (model_type ", type,
                            "); only BPE models (model_type 2) can be read."));
  }

  [[nodiscard]] status read_normalizer(std::span<const unsigned char> message) {
    has_normalizer_ = true;
    words_.collapse_spaces = true;
    wire_reader in(message);
    for (wire_field field; in.next(field);) {
      if (field.is(2, form::bytes)) has_character_map_ = !field.payload.empty();
      if (field.is(3, form::varint)) words_.dummy_prefix = field.value != 0;
      if (field.is(4, form::varint)) words_.collapse_spaces = field.value != 0;
      if (field.is(5, form::varint)) escapes_spaces_ = field.value != 0;
    }
    if (in.broken()) return broken("normalizer_spec", in);
    return done{};
  }

  [[nodiscard]] status check_complete() const {
    if (!has_trainer_ || !has_normalizer_)
      return error{errc::truncated,
                   join(name_, " ends after ", words_.pieces.size(), " pieces, without its ",
                        has_trainer_ ? "normalizer_spec." : "trainer_spec.")};
    if (has_character_map_)
      return unsupported(
          "the text is rewritten by a character map (precompiled_charsmap); only "
          "models with the identity normaliser can be read.");
    if (space_behind_)
      return unsupported(
          "spaces end words here (treat_whitespace_as_suffix); "
          "only models where they begin words can be read.");
    if (!escapes_spaces_)
      return unsupported(
          "spaces are not escaped (escape_whitespaces is off), "
          "which no BPE model here does.");
    return done{};
  }

  std::span<const unsigned char> bytes_;
  std::string_view name_;
  vocabulary words_;
  bool has_trainer_ = false;
  bool has_normalizer_ = false;
  bool has_character_map_ = false;
  bool space_behind_ = false;
  bool escapes_spaces_ = true;
};

}  // namespace trilith::text::detail

#endif
