#ifndef TRILITH_TEXT_LOAD_TOKENIZER_IMPL_HPP
#define TRILITH_TEXT_LOAD_TOKENIZER_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/llama2c_impl.hpp>
#include <trilith/text/load_tokenizer.hpp>
#include <trilith/text/make_tokenizer_impl.hpp>
#include <trilith/text/sentencepiece_impl.hpp>
#include <trilith/text/spelling_impl.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  if (is_llama2c(bytes)) return llama2c_reader(bytes, name).run();
  if (is_sentencepiece(bytes)) return sentencepiece_reader(bytes, name).run();
  return error{errc::unsupported,
               join(name, " begins with ", in_quotes(as_text(bytes.first(4))),
                    ", so it is neither a SentencePiece .model nor a llama2.c .bin tokenizer.")};
}

/// A whole file, in steps, so that neither a device nor a false size makes memory run out.
[[nodiscard]] inline result<std::vector<unsigned char>> read_file(std::string_view path) {
  static constexpr std::size_t most = std::size_t{1} << 28;  // a thousand times a usual one
  std::FILE* file = std::fopen(std::string(path).c_str(), "rb");
  if (file == nullptr)
    return error{errc::file_not_found,
                 join("The tokenizer ", path, " cannot be opened: ", std::strerror(errno), ".")};
  std::vector<unsigned char> bytes;
  std::vector<unsigned char> part(std::size_t{1} << 16);
  for (std::size_t got = part.size(); got == part.size() && bytes.size() <= most;) {
    got = std::fread(part.data(), 1, part.size(), file);
    bytes.insert(bytes.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
  }
  const int why = std::ferror(file) != 0 ? errno : 0;
  std::fclose(file);
  if (why != 0)
    return error{errc::io_failure, join("Reading ", path, " failed: ", std::strerror(why), ".")};
  if (bytes.size() > most)
    return error{errc::unsupported,
                 join(path, " is larger than ", most, " bytes: too large for a tokenizer.")};
  return bytes;
}

}  // namespace trilith::text::detail

namespace trilith::TRILITH_IMPLEMENTED {

result<text::tokenizer> read_tokenizer(std::span<const unsigned char> bytes,
                                       std::string_view name) {
  result<text::vocabulary> words = text::detail::parse_vocabulary(bytes, name);
  if (!words) return std::move(words).error();
  return build_tokenizer(std::move(words).value(), name);
}

result<text::tokenizer> read_tokenizer_file(std::string_view path) {
  result<std::vector<unsigned char>> bytes = text::detail::read_file(path);
  if (!bytes) return std::move(bytes).error();
  return read_tokenizer(*bytes, path);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
