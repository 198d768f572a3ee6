// A byte that chooses a tokenizer, a byte of options, then any text: encoded, decoded, streamed.
#include <trilith/text/byte_level.hpp>
#include <trilith/text/load_tokenizer.hpp>

#include "round_trips.hpp"
#include "vocabularies.hpp"

namespace text = trilith::text;

namespace {

/// SentencePiece's kind with spaces kept and collapsed, LLaMA's tok512 where TRILITH_DATA has it,
/// and bytes with every pre-tokeniser, where ICU is there.
[[nodiscard]] std::vector<text::tokenizer> make_tokenizers() {
  std::vector<text::tokenizer> out;
  const auto add = [&](trilith::result<text::tokenizer> made) {
    if (made) out.push_back(std::move(*made));
  };
  add(text::make_tokenizer(fuzz::sentencepiece_vocabulary(false), "kept"));
  add(text::make_tokenizer(fuzz::sentencepiece_vocabulary(true), "collapsed"));
  for (int pre = 1; pre <= 5; ++pre) {
    auto words = fuzz::byte_level_vocabulary(static_cast<text::pre_tokenizer>(pre));
    words.ignore_merges = pre % 2 == 0;
    words.nfc = pre == 3;
    if (pre != 3)  // no piece that swallows spaces: texts come back
      for (text::piece& p : words.pieces) p.strip_left = p.strip_right = false;
    add(text::make_byte_level_tokenizer(std::move(words), "bytes"));
  }
  const char* const data = std::getenv("TRILITH_DATA");
  if (data != nullptr) add(text::load_tokenizer(std::string(data) + "/tokenizers/tok512.model"));
  fuzz::expect(out.size() >= 2, "the small vocabularies are refused.");
  return out;
}

/// What decode(encode(x)) makes of a text: U+2581 is how SentencePiece writes a space.
[[nodiscard]] std::string with_plain_spaces(std::string_view in) {
  std::string out(in);
  for (std::size_t at; (at = out.find("\xE2\x96\x81")) != out.npos;) out.replace(at, 3, " ");
  return out;
}

void check_text(const text::tokenizer& words, std::string_view input, text::encode_options how) {
  const std::string back = fuzz::check_encoding(words, input, how);
  if (how.special == text::special_text::parse || !fuzz::is_utf8(input)) return;
  const bool is_bytes = words.vocab().pre != text::pre_tokenizer::none;
  if (words.vocab().nfc || words.vocab().collapse_spaces) {
    if (input.find("\xE2\x96\x81") != input.npos) return;  // a space that is in no run of spaces
    const std::string twice = fuzz::check_encoding(words, back, how);
    return fuzz::expect(twice == back, "a text that was decoded changes once more.");
  }
  fuzz::expect(back == (is_bytes ? std::string(input) : with_plain_spaces(input)),
               "a text does not come back.");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const std::vector<text::tokenizer> tokenizers = make_tokenizers();
  if (size < 2) return 0;
  const text::tokenizer& words = tokenizers[data[0] % tokenizers.size()];
  const unsigned bits = data[1];
  const text::encode_options how{
      .bos = (bits & 1) != 0,
      .eos = (bits & 2) != 0,
      .invalid = (bits & 4) != 0 ? text::invalid_utf8::replace : text::invalid_utf8::refuse,
      .special = (bits & 8) != 0 ? text::special_text::parse : text::special_text::as_text};
  const std::string_view input = fuzz::text_of({data + 2, size - 2});
  check_text(words, input, how);
  std::vector<std::int32_t> tokens;  // the input once more, as tokens
  for (std::size_t i = 0; i + 1 < input.size(); i += 2)
    tokens.push_back(static_cast<std::int32_t>((data[i + 2] | data[i + 3] << 8) %
                                               (static_cast<int>(words.size()) + 1)));
  (void)fuzz::check_decoding(words, tokens);
  (void)words.find(input);
  return 0;
}
