// Any bytes as the file of a tokenizer, of whatever format they look like; what is accepted
// encodes, decodes, and comes back from its own serialisation.
#include <trilith/text/byte_level.hpp>
#include <trilith/text/load_tokenizer.hpp>

#include "fuzz.hpp"
#include "round_trips.hpp"

namespace text = trilith::text;

namespace {

void use(const text::tokenizer& words) {
  for (const std::string_view sample :
       {"the cat and\r\n\n 123's", "  \xC3\xA4 \xF0\x9F\x9A\x80<s><|eot|> \xE2\x96\x81"})
    for (const auto special : {text::special_text::as_text, text::special_text::parse})
      fuzz::check_encoding(words, sample, {.eos = true, .special = special});
  std::vector<std::int32_t> all;
  for (std::size_t i = 0; i < words.size() && i < 1000; ++i)
    all.push_back(static_cast<std::int32_t>(i));
  fuzz::check_decoding(words, all);
}

void check(const trilith::result<text::tokenizer>& words) {
  if (!words) return fuzz::expect_named(words.error());
  use(*words);
  const auto again = text::parse_tokenizer(text::serialize(*words), fuzz::input_name);
  fuzz::expect(static_cast<bool>(again), "a tokenizer's own bytes are refused.");
  fuzz::expect(again->vocab() == words->vocab(), "a tokenizer's own bytes give another one.");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  check(text::parse_tokenizer({data, size}, fuzz::input_name));
  // LLaMA-3's ranks alone are read without being told their rules
  const text::tiktoken_rules rules{.special = {"<s>", "</s>"}, .bos = "<s>", .eos = "</s>"};
  check(text::parse_tiktoken({data, size}, fuzz::input_name, rules));
  return 0;
}
