#ifndef TRILITH_IO_INSPECT_IMPL_HPP
#define TRILITH_IO_INSPECT_IMPL_HPP

#include <trilith/io/inspecting/gguf_impl.hpp>
#include <trilith/io/inspecting/llama2c_impl.hpp>
#include <trilith/io/inspecting/safetensors_impl.hpp>
#include <trilith/io/inspecting/text_impl.hpp>
#include <trilith/text/load_tokenizer.hpp>

/// io::inspect(), compiled in one file of a program.
namespace trilith::io::inspecting {

[[nodiscard]] inline bool begins_with(const mapped_file& file, std::string_view magic) noexcept {
  return shards::text_of(file.bytes()).starts_with(magic);
}

inline void add_token(inspection& out, const char* role, std::int32_t token,
                      const text::vocabulary& words) {
  if (token >= 0)
    out.metadata.push_back(
        {role, join(token, "  ", words.pieces[static_cast<std::size_t>(token)].text)});
}

[[nodiscard]] inline result<inspection> inspect_tokenizer(const mapped_file& file) {
  const auto read = text::parse_tokenizer(file.bytes(), file.path());
  if (!read) return read.error();
  const text::vocabulary& words = read->vocab();
  const bool is_byte_level = words.pre != text::pre_tokenizer::none;
  inspection out{file.path(), is_byte_level ? "tokenizer, byte-level" : "tokenizer, SentencePiece"};
  out.metadata.push_back({"tokens", std::to_string(words.pieces.size())});
  if (is_byte_level) out.metadata.push_back({"merges", std::to_string(words.merges.size())});
  add_token(out, "unknown", words.unknown, words);
  add_token(out, "begin of text", words.bos, words);
  add_token(out, "end of text", words.eos, words);
  for (const std::int32_t token : words.stop) add_token(out, "also ends a text", token, words);
  return out;
}

/// config.json and an index of shards stand for the tensors beside them.
[[nodiscard]] inline bool stands_for_tensors(std::string_view path) noexcept {
  return shards::file_name_of(path) == "config.json" || path.ends_with(".safetensors.index.json");
}

[[nodiscard]] inline result<inspection> read_any(std::string_view path) {
  if (shards::is_directory(std::string(path))) return inspect_tensors(path);
  const auto file = map_file(path);
  if (!file) return file.error();
  if (begins_with(*file, "GGUF")) return inspect_gguf(path);
  if (begins_with(*file, "24ka")) return inspect_bitllama2c(*file);
  const bool is_object = begins_with(*file, "{");
  if (is_object && stands_for_tensors(path)) return inspect_tensors(path);
  if (!is_object && file->bytes().size() > 8 && file->bytes()[8] == '{')
    return inspect_tensors(path);
  if (is_llama2c_model(*file)) return inspect_llama2c(*file);
  auto words = inspect_tokenizer(*file);
  if (words || words.error().code != errc::unsupported) return words;
  return error{errc::unsupported,
               join(path,
                    ": expected GGUF, safetensors, a directory of them, a .bin of llama2.c or a "
                    "tokenizer. ",
                    words.error().message)};
}

}  // namespace trilith::io::inspecting

namespace trilith::TRILITH_IMPLEMENTED {

result<io::inspection> inspect_file(std::string_view path) {
  auto out = io::inspecting::read_any(path);
  if (out) io::inspecting::add_totals(*out);
  return out;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
