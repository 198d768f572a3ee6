#ifndef TRILITH_IO_BITLLAMA2C_HPP
#define TRILITH_IO_BITLLAMA2C_HPP

#include <trilith/io/llama2c_header.hpp>
#include <trilith/io/mapped_file.hpp>
#include <trilith/model/realisation.hpp>

namespace trilith::io {

namespace bitllama2c {

inline constexpr std::uint32_t magic = 0x616b3432;  // "ak42"
inline constexpr std::size_t header_bytes = 256;

/// magic, version 1, the seven sizes, one byte "the head is the embedding", zeros up to byte 256.
[[nodiscard]] inline result<llama2c::header> read_header(byte_reader& in) {
  const auto found = in.read<std::uint32_t>("the magic number");
  if (!found) return found.error();
  if (*found != magic)
    return error{errc::malformed, join(in.file(), ": expected the magic number 'ak42' (", magic,
                                       "), found ", *found, ".")};
  const auto version = in.read<std::int32_t>("the version");
  if (!version) return version.error();
  if (*version != 1)
    return error{errc::unsupported, join(in.file(), ": expected version 1, found ", *version, ".")};
  auto h = llama2c::read_header(in);
  if (!h) return h;
  const auto shared = in.read<std::uint8_t>("the flag of a shared head");
  if (!shared) return shared.error();
  h->has_separate_head = *shared == 0;
  if (auto padding = in.take(header_bytes - in.position(), "the header's padding"); !padding)
    return std::move(padding).error();
  return h;
}

/// Bytes of all tensors that follow the header.
[[nodiscard]] inline std::size_t tensor_bytes(const shape& s) noexcept {
  const std::size_t codes =
      2 * s.dim * s.dim + 2 * extent(s, axis::kv_dim) * s.dim + 3 * s.ffn_dim * s.dim;
  return 4 * (s.dim + s.vocab * s.dim) + s.layers * (28 + codes / 4);
}

/// One matrix: a float32 scale, then codes row by row, four to a byte, the first in the highest
/// bits: 01 is +1, 00 is 0, 11 is -1.
template <class M>
[[nodiscard]] status read_matrix(byte_reader& in, M& w, std::string_view name) {
  const auto scale = in.read<float>(join(name, "'s scale"));
  if (!scale) return scale.error();
  if (!is_finite(*scale) || *scale <= 0)
    return error{errc::invalid_value,
                 join(in.file(), ": ", name, ": the scale should be positive and finite, found ",
                      *scale, ".")};
  const auto bytes = in.take(w.rows * w.cols / 4, name);
  if (!bytes) return bytes.error();
  std::vector<std::int8_t> codes(w.cols);
  for (std::size_t r = 0; r < w.rows; ++r) {
    for (std::size_t c = 0; c < w.cols; ++c) {
      const std::size_t i = r * w.cols + c;
      const unsigned field = (*bytes)[i / 4] >> (6 - 2 * (i % 4)) & 3u;
      if (field == 2)
        return error{errc::invalid_value, join(in.file(), ": ", name, "[", r, ", ", c,
                                               "]: expected a code 00, 01 or 11, found 10.")};
      codes[c] = static_cast<std::int8_t>(field == 3 ? -1 : static_cast<int>(field));
    }
    packing::pack_row<typename M::packing>(codes.data(), w.cols, w.row(r));
  }
  w.scales[0] = *scale;
  return done{};
}

}  // namespace bitllama2c

/// Reads a ternary model in bitllama2.c's packed layout: a header of 256 bytes, the final norm, the
/// embedding, then the matrices by kind.
///
/// @tparam M  packed<B, P>; B a decoder with ternary per-tensor weights, norms without gains in its
///            blocks, a weighted final norm, a tied f32 head and rotary::interleaved: see
///            examples/stories.hpp
/// Errors: truncated, oversized, wrong magic or version, sizes that contradict each other or B,
/// scales that are not positive, the invalid code 10.
template <Packed M>
[[nodiscard]] result<M> load_bitllama2c(std::string_view path) {
  auto file = map_file(path);
  if (!file) return std::move(file).error();
  byte_reader in(file->bytes(), path);
  const auto h = bitllama2c::read_header(in);
  if (!h) return h.error();
  const shape& s = h->sizes;
  if (status ok = check_agreement(M::blueprint::sizes, s, path); !ok) return std::move(ok).error();
  if (h->has_separate_head)
    return error{errc::unsupported, join(path, ": expected a tied head, found a separate one.")};
  if (s.dim % 4 != 0 || s.ffn_dim % 4 != 0)
    return error{errc::unsupported, join(path,
                                         ": expected dim and ffn_dim to be multiples of 4, "
                                         "found ",
                                         s.dim, " and ", s.ffn_dim, ".")};
  if (status ok = llama2c::expect_bytes(in, bitllama2c::tensor_bytes(s)); !ok)
    return std::move(ok).error();
  M m(s);
  const auto matrix = [](byte_reader& from, auto& w, std::string_view name) {
    return bitllama2c::read_matrix(from, w, name);
  };
  status ok = llama2c::read_floats(in, m.parameters.final_norm.values.span(), "final_norm");
  if (ok) ok = llama2c::read_floats(in, m.parameters.embedding.elements.span(), "embedding");
  if (ok) ok = llama2c::read_attention(in, m, matrix);
  if (ok) ok = llama2c::read_ffn(in, m, matrix);
  if (ok) ok = in.expect_end();
  if (!ok) return std::move(ok).error();
  return m;
}

}  // namespace trilith::io

#endif
