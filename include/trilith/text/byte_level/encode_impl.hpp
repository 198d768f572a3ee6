#ifndef TRILITH_TEXT_BYTE_LEVEL_ENCODE_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_ENCODE_IMPL_HPP

#include <trilith/text/byte_level.hpp>
#include <trilith/text/byte_level/index_impl.hpp>
#include <trilith/text/byte_level/pairs_impl.hpp>
#include <trilith/text/byte_level/part_cache_impl.hpp>
#include <trilith/text/byte_level/split_impl.hpp>
#include <trilith/text/byte_level/text_table_impl.hpp>
#include <trilith/text/check_text_impl.hpp>
#include <trilith/text/special_impl.hpp>
#include <trilith/text/tokenizer_access_impl.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text::detail {

/// Encodes one text: cuts it at its special pieces, those parts by the pre-tokeniser, and merges
/// the bytes of each of these.
class byte_level_encoder {
 public:
  byte_level_encoder(const tokenizer& with, std::string_view text)
      : with_(with),
        words_(with.vocab()),
        text_(text),
        merger_(with.index()),
        cache_(text.size()) {}

  [[nodiscard]] result<std::vector<std::int32_t>> run(encode_options options) {
    out_.reserve(text_.size() / 4 + 2);
    if (options.bos && words_.bos >= 0) out_.push_back(words_.bos);
    const bool parse = options.special == special_text::parse;
    const auto wanted =
        static_cast<std::uint8_t>(matches_user_defined | (parse ? matches_control : 0));
    status good = done{};
    cut_at_special(
        special_finder(with_, wanted), words_, text_,
        [&](std::string_view part) {
          if (good) good = append_text(part);
        },
        [&](std::int32_t token) { out_.push_back(token); });
    if (!good) return std::move(good).error();
    if (options.eos && words_.eos >= 0) out_.push_back(words_.eos);
    return std::move(out_);
  }

 private:
  [[nodiscard]] status append_text(std::string_view text) {
    if (words_.nfc && unicode::may_compose(text)) {
      result<std::string> nfc = unicode::composed(text);
      if (!nfc) return std::move(nfc).error();
      text = keep(std::move(nfc).value());
    }
    if (words_.dummy_prefix && !text.starts_with(' ')) text = keep(" " + std::string(text));
    if (status good = check_size(text); !good) return good;
    split_text(words_.pre, text, [&](std::string_view part) { append_part(part); });
    return done{};
  }

  /// The cache points into what was encoded, so it stays.
  [[nodiscard]] std::string_view keep(std::string text) {
    return kept_.emplace_back(std::move(text));
  }

  void append_part(std::string_view part) {
    const std::uint64_t hash = quick_hash(part);
    part_cache::entry& known = cache_.of(hash);
    if (known.holds(part, hash)) return repeat(known);
    const std::size_t first = out_.size();
    append_new(part);
    const std::size_t count = out_.size() - first;
    known = {hash, part.data(), static_cast<std::uint32_t>(part.size()),
             static_cast<std::uint32_t>(count),
             count == 1 ? static_cast<std::size_t>(out_.back()) : first};
  }

  void repeat(const part_cache::entry& known) {
    if (known.count == 1) return out_.push_back(static_cast<std::int32_t>(known.first));
    for (std::size_t i = 0; i < known.count; ++i) {
      const std::int32_t token = out_[known.first + i];
      out_.push_back(token);
    }
  }

  void append_new(std::string_view part) {
    if (words_.ignore_merges && part.size() <= with_.index().longest)
      if (const std::int32_t token = with_.index().find(words_, part); token >= 0)
        return out_.push_back(token);
    merger_.append(part, out_);
  }

  const tokenizer& with_;
  const vocabulary& words_;
  std::string_view text_;
  byte_pair_merger merger_;
  part_cache cache_;
  std::deque<std::string> kept_;
  std::vector<std::int32_t> out_;
};

}  // namespace trilith::text::detail

namespace trilith::TRILITH_IMPLEMENTED {

result<std::vector<std::int32_t>> encode_byte_level(const text::tokenizer& with,
                                                    std::string_view text,
                                                    text::encode_options options) {
  using namespace text::detail;
  if (status good = check_text(with, text, options); !good) return std::move(good).error();
  if (options.invalid == text::invalid_utf8::refuse)
    return byte_level_encoder(with, text).run(options);
  const std::string clean = with_replacements(text);
  return byte_level_encoder(with, clean).run(options);
}

result<text::tokenizer> build_byte_level_tokenizer(text::vocabulary words, std::string_view name) {
  using namespace text::detail;
  if (words.pre == text::pre_tokenizer::none)
    return error{errc::invalid_argument,
                 join(name, " names no pre-tokenizer; expected a byte-level vocabulary. ",
                      "text::make_tokenizer() takes those of SentencePiece's kind.")};
  if (words.collapse_spaces)
    return error{errc::unsupported,
                 join(name, " collapses spaces, which no byte-level vocabulary here does.")};
  if (status good = text::unicode::available(name); !good) return std::move(good).error();
  result<text::piece_index> index = byte_level_indexer(words, name).run();
  if (!index) return std::move(index).error();
  return tokenizer_access::make(std::move(words), std::move(index).value(), &encode_byte_level);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
