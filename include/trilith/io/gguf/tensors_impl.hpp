#ifndef TRILITH_IO_GGUF_TENSORS_IMPL_HPP
#define TRILITH_IO_GGUF_TENSORS_IMPL_HPP

#include <trilith/io/byte_reader.hpp>
#include <trilith/io/gguf.hpp>
#include <trilith/io/gguf/metadata_impl.hpp>
#include <trilith/io/gguf/text_impl.hpp>

#include <string>
#include <utility>
#include <vector>

namespace trilith::io::gguf {

/// Name, dimensions, number and data offset of a tensor, as the header has them.
[[nodiscard]] inline result<gguf_tensor> read_tensor(byte_reader& in, std::uint64_t number) {
  const auto name = read_text(in, longest_name, join("the name of tensor ", number));
  if (!name) return name.error();
  if (name->empty() || !is_utf8(*name))
    return error{errc::malformed, join(in.file(), ": tensor ", number,
                                       ": expected a name of UTF-8, found ", quoted(*name), ".")};
  const std::string what = "tensor " + quoted(*name);
  const auto count = in.read<std::uint32_t>(what);
  if (!count) return count.error();
  if (*count > 4)
    return tensor_fault(in.file(), *name, errc::malformed,
                        join("expected at most 4 dimensions, found ", *count, "."));
  gguf_tensor t;
  t.name = *name;
  t.dims.resize(*count);
  if (status ok = in.read_into(t.dims.data(), *count, what); !ok) return std::move(ok).error();
  if (std::uint64_t n = 0; !count_weights(t.dims, n))
    return tensor_fault(in.file(), *name, errc::malformed,
                        join("the dimensions ", spelled(t.dims), " give 2^60 weights or more."));
  if (status ok = in.read_into(&t.type_id, 1, what); !ok) return std::move(ok).error();
  if (status ok = in.read_into(&t.offset, 1, what); !ok) return std::move(ok).error();
  return t;
}

[[nodiscard]] inline result<std::vector<gguf_tensor>> read_tensors(byte_reader& in,
                                                                   std::uint64_t count) {
  static constexpr std::uint64_t smallest = 8 + 1 + 4 + 4 + 8;  // a name of one byte, no dimensions
  if (status ok = check_count(in, count, smallest, "tensors"); !ok) return std::move(ok).error();
  std::vector<gguf_tensor> out;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto t = read_tensor(in, i);
    if (!t) return std::move(t).error();
    out.push_back(std::move(t).value());
  }
  return out;
}

}  // namespace trilith::io::gguf

#endif
