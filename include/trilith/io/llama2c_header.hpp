#ifndef TRILITH_IO_LLAMA2C_HEADER_HPP
#define TRILITH_IO_LLAMA2C_HEADER_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/core/shape.hpp>
#include <trilith/io/byte_reader.hpp>
#include <trilith/weights/matrix.hpp>

/// What llama2c.hpp and bitllama2c.hpp share.
namespace trilith::io::llama2c {

struct header {
  shape sizes;
  bool has_separate_head = false;  ///< said by a negative vocabulary
};

/// Reads the seven i32 sizes: dim, ffn_dim, layers, heads, kv_heads, vocab, context.
[[nodiscard]] inline result<header> read_header(byte_reader& in) {
  constexpr std::array<shape_member, 7> order{{{"dim", &shape::dim},
                                               {"ffn_dim", &shape::ffn_dim},
                                               {"layers", &shape::layers},
                                               {"heads", &shape::heads},
                                               {"kv_heads", &shape::kv_heads},
                                               {"vocab", &shape::vocab},
                                               {"context", &shape::context}}};
  header h;
  for (const shape_member& m : order) {
    const auto value = in.read<std::int32_t>(join("the header's ", m.name));
    if (!value) return value.error();
    h.has_separate_head |= m.value == &shape::vocab && *value < 0;
    const std::int64_t size =
        m.value == &shape::vocab && *value < 0 ? -std::int64_t{*value} : *value;
    if (size < 1)
      return error{errc::invalid_value, join(in.file(), ": header: ", m.name,
                                             " should be positive, found ", *value, ".")};
    h.sizes.*m.value = static_cast<std::size_t>(size);
  }
  if (h.sizes.heads == 0 || h.sizes.dim % h.sizes.heads != 0)
    return error{errc::invalid_value,
                 join(in.file(), ": header: dim should be a multiple of heads, found ", h.sizes.dim,
                      " and ", h.sizes.heads, ".")};
  h.sizes.head_dim = h.sizes.dim / h.sizes.heads;
  if (status ok = check(h.sizes, join(in.file(), ": header")); !ok) return std::move(ok).error();
  return h;
}

/// An error unless `needed` more bytes follow: to be asked before anything of that size is made.
[[nodiscard]] inline status expect_bytes(const byte_reader& in, std::size_t needed) {
  if (in.left() < needed)
    return error{errc::truncated, join(in.file(), ": by its header the file should hold ", needed,
                                       " bytes of tensors, found ", in.left(), ".")};
  return done{};
}

/// Reads finite floats.
[[nodiscard]] inline status read_floats(byte_reader& in, std::span<float> out,
                                        std::string_view tensor) {
  if (status ok = in.read_into(out.data(), out.size(), tensor); !ok) return ok;
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!is_finite(out[i]))
      return error{errc::invalid_value, join(in.file(), ": ", tensor, "[", i,
                                             "] should be a finite number, found ", out[i], ".")};
  return done{};
}

/// Reads one kind of tensor, those of all layers one after the other.
template <class Model, class Get, class Read>
[[nodiscard]] status read_kind(byte_reader& in, Model& m, std::string_view kind, Get get,
                               Read read) {
  for (std::size_t i = 0; i < m.parameters.blocks.size(); ++i)
    if (status ok = read(in, get(m.parameters.blocks[i]), join("blocks.", i, ".", kind)); !ok)
      return ok;
  return done{};
}

/// Reads the four matrices of attention, kind by kind, with read(in, matrix, name).
template <class Model, class Read>
[[nodiscard]] status read_attention(byte_reader& in, Model& m, Read read) {
  status ok = read_kind(
      in, m, "attention.query", [](auto& b) -> auto& { return b.attention.query; }, read);
  if (ok)
    ok = read_kind(
        in, m, "attention.key", [](auto& b) -> auto& { return b.attention.key; }, read);
  if (ok)
    ok = read_kind(
        in, m, "attention.value", [](auto& b) -> auto& { return b.attention.value; }, read);
  if (ok)
    ok = read_kind(
        in, m, "attention.output", [](auto& b) -> auto& { return b.attention.output; }, read);
  return ok;
}

/// Reads the three matrices of the feed-forward network: gate, down, up.
template <class Model, class Read>
[[nodiscard]] status read_ffn(byte_reader& in, Model& m, Read read) {
  status ok = read_kind(
      in, m, "ffn.gate", [](auto& b) -> auto& { return b.ffn.gate; }, read);
  if (ok)
    ok = read_kind(
        in, m, "ffn.down", [](auto& b) -> auto& { return b.ffn.down; }, read);
  if (ok)
    ok = read_kind(
        in, m, "ffn.up", [](auto& b) -> auto& { return b.ffn.up; }, read);
  return ok;
}

}  // namespace trilith::io::llama2c

#endif
