// Two JSON texts, divided by a byte 0, as config.json and generation_config.json of Hugging Face;
// each also as tokenizer_config.json.
#include <trilith/io/hf_config.hpp>
#include <trilith/io/hf_directory.hpp>

#include "fuzz.hpp"

namespace io = trilith::io;

namespace {

void check_generation(std::string_view json, io::hf_config config) {
  if (const trilith::status ok = io::parse_generation_config(json, fuzz::input_name, config); !ok)
    fuzz::expect_named(ok.error());
  for (const std::int32_t token : config.eos_tokens)
    fuzz::expect(token >= 0, "an end-of-text token is negative.");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view input = fuzz::text_of({data, size});
  const std::size_t end = input.find('\0');
  const std::string_view first = input.substr(0, end);
  const std::string_view second = end == input.npos ? "{}" : input.substr(end + 1);
  const auto config = io::parse_hf_config(first, fuzz::input_name);
  if (config) {
    fuzz::expect(static_cast<bool>(trilith::check(config->sizes, fuzz::input_name)),
                 "a config gives sizes that no model has.");
    check_generation(second, *config);
  } else {
    fuzz::expect_named(config.error());
    check_generation(first, {});
  }
  for (const std::string_view json : {first, second})
    if (const auto chat = trilith::TRILITH_IMPLEMENTED::read_chat_template(json, fuzz::input_name);
        !chat)
      fuzz::expect_named(chat.error());
  return 0;
}
