#ifndef TRILITH_TEXT_LOAD_TOKENIZER_IMPL_HPP
#define TRILITH_TEXT_LOAD_TOKENIZER_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/mapped_file.hpp>
#include <trilith/text/binary_format_impl.hpp>
#include <trilith/text/byte_level.hpp>
#include <trilith/text/byte_level/json_impl.hpp>
#include <trilith/text/byte_level/tiktoken_impl.hpp>
#include <trilith/text/load_tokenizer.hpp>

#include <span>
#include <string_view>
#include <utility>

namespace trilith::text::detail {

/// A tokenizer of either kind, as the vocabulary says.
[[nodiscard]] inline result<tokenizer> make_any_tokenizer(result<vocabulary> words,
                                                          std::string_view name) {
  if (!words) return std::move(words).error();
  if (words->pre == pre_tokenizer::none) return make_tokenizer(std::move(words).value(), name);
  return make_byte_level_tokenizer(std::move(words).value(), name);
}

}  // namespace trilith::text::detail

namespace trilith::TRILITH_IMPLEMENTED {

result<text::tokenizer> read_tokenizer(std::span<const unsigned char> bytes,
                                       std::string_view name) {
  using namespace text::detail;
  if (is_binary_format(bytes)) return make_any_tokenizer(binary_reader(bytes, name).run(), name);
  if (is_json(bytes)) return make_any_tokenizer(tokenizer_json_reader(name).run(bytes), name);
  if (is_tiktoken(bytes)) return read_llama3(bytes, name);
  return read_sentencepiece(bytes, name);
}

result<text::tokenizer> read_tokenizer_file(std::string_view path) {
  const result<io::mapped_file> file = io::map_file(path);
  if (!file) return file.error();
  return read_tokenizer(file->bytes(), path);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
