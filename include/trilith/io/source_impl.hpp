#ifndef TRILITH_IO_SOURCE_IMPL_HPP
#define TRILITH_IO_SOURCE_IMPL_HPP

#include <trilith/io/files_impl.hpp>
#include <trilith/io/sources/gguf_impl.hpp>
#include <trilith/io/sources/hf_impl.hpp>

namespace trilith::io::sources {

/// Whether a file begins with these four bytes.
[[nodiscard]] inline bool begins_with(const mapped_file& file, std::string_view magic) noexcept {
  return file.bytes().size() >= magic.size() &&
         std::memcmp(file.bytes().data(), magic.data(), magic.size()) == 0;
}

}  // namespace trilith::io::sources

namespace trilith::TRILITH_IMPLEMENTED {

result<io::model_source> open_model(std::string_view path) {
  using namespace io::sources;
  if (files::is_directory(std::string(path))) return open_hf_source(path);
  auto file = map_file(path);
  if (!file) return std::move(file).error();
  if (begins_with(*file, "GGUF")) return open_gguf_source(path);
  if (begins_with(*file, "24ka"))  // 0x616b3432, "ak42" read as a number
    return error{errc::unsupported,
                 join(path,
                      ": expected GGUF or safetensors, found a file of bitllama2.c, whose "
                      "norm is its own: use io::load_bitllama2c (examples/stories.hpp).")};
  const bool is_json = begins_with(*file, "{");
  const bool is_safetensors = file->bytes().size() > 8 && file->bytes()[8] == '{';
  if (is_json || is_safetensors) return open_hf_source(path);
  return error{errc::unsupported,
               join(path,
                    ": expected GGUF, safetensors, a config.json or a directory with one; the "
                    "file begins like none of them.")};
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
