#ifndef TRILITH_TEXT_SENTENCEPIECE_LOAD_IMPL_HPP
#define TRILITH_TEXT_SENTENCEPIECE_LOAD_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/mapped_file_impl.hpp>
#include <trilith/text/binary_format_impl.hpp>
#include <trilith/text/load_tokenizer.hpp>
#include <trilith/text/make_tokenizer_impl.hpp>
#include <trilith/text/sentencepiece/llama2c_impl.hpp>
#include <trilith/text/sentencepiece/model_impl.hpp>
#include <trilith/text/spelling_impl.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace trilith::text::detail {

/// The first field of a ModelProto, pieces or a spec: tag 1, 2 or 3 of wire type 2.
[[nodiscard]] inline bool is_sentencepiece(std::span<const unsigned char> bytes) {
  return !bytes.empty() && (bytes[0] == 0x0A || bytes[0] == 0x12 || bytes[0] == 0x1A);
}

[[nodiscard]] inline result<vocabulary> parse_vocabulary(std::span<const unsigned char> bytes,
                                                         std::string_view name) {
  if (bytes.size() < 4)
    return error{errc::truncated,
                 join(name, " has ", bytes.size(), " bytes; no tokenizer is that short.")};
  if (is_binary_format(bytes)) return binary_reader(bytes, name).run();
  if (is_llama2c(bytes)) return llama2c_reader(bytes, name).run();
  if (is_sentencepiece(bytes)) return sentencepiece_reader(bytes, name).run();
  return error{
      errc::unsupported,
      join(name, " begins with ", in_quotes(as_text(bytes.first(4))),
           ", so it is none of the tokenizers that can be read here (docs/tokenizers.md).")};
}

}  // namespace trilith::text::detail

namespace trilith::TRILITH_IMPLEMENTED {

result<text::tokenizer> read_sentencepiece(std::span<const unsigned char> bytes,
                                           std::string_view name) {
  result<text::vocabulary> words = text::detail::parse_vocabulary(bytes, name);
  if (!words) return std::move(words).error();
  return build_tokenizer(std::move(words).value(), name);
}

result<text::tokenizer> read_sentencepiece_file(std::string_view path) {
  const result<io::mapped_file> file = io::map_file(path);
  if (!file) return file.error();
  return read_sentencepiece(file->bytes(), path);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
