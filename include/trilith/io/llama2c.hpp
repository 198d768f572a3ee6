#ifndef TRILITH_IO_LLAMA2C_HPP
#define TRILITH_IO_LLAMA2C_HPP

#include <trilith/io/llama2c_header.hpp>
#include <trilith/io/mapped_file.hpp>
#include <trilith/model/realisation.hpp>

namespace trilith::io {

namespace llama2c {

/// Bytes of all float32 tensors that follow the header.
[[nodiscard]] inline std::size_t tensor_bytes(const header& h) noexcept {
  const shape& s = h.sizes;
  const std::size_t block =
      2 * s.dim * s.dim + 2 * extent(s, axis::kv_dim) * s.dim + 3 * s.ffn_dim * s.dim + 2 * s.dim;
  const std::size_t rotary_tables = s.context * s.head_dim;
  return 4 * (s.vocab * s.dim * (h.has_separate_head ? 2 : 1) + s.layers * block + s.dim +
              rotary_tables);
}

template <Realisation M>
[[nodiscard]] status read_tensors(byte_reader& in, M& m) {
  const auto matrix = [](byte_reader& from, auto& w, std::string_view name) {
    return read_floats(from, w.elements.span(), name);
  };
  const auto gains = [](byte_reader& from, parameter_vector& v, std::string_view name) {
    return read_floats(from, v.values.span(), name);
  };
  auto& p = m.parameters;
  status ok = matrix(in, p.embedding, "embedding");
  if (ok)
    ok = read_kind(
        in, m, "attention_norm", [](auto& b) -> auto& { return b.attention_norm; }, gains);
  if (ok) ok = read_attention(in, m, matrix);
  if (ok)
    ok = read_kind(
        in, m, "ffn_norm", [](auto& b) -> auto& { return b.ffn_norm; }, gains);
  if (ok) ok = read_ffn(in, m, matrix);
  if (ok) ok = gains(in, p.final_norm, "final_norm");
  if (ok)  // cosines and sines, which are computed here
    if (auto skipped = in.take(m.sizes.context * m.sizes.head_dim * 4, "the rotary tables");
        !skipped)
      ok = std::move(skipped).error();
  if constexpr (!M::blueprint::head::is_tied)
    if (ok) ok = matrix(in, p.head, "head");
  return ok;
}

}  // namespace llama2c

/// Reads a float32 model in llama2.c's legacy layout: seven i32 sizes, then float32 tensors by
/// kind.
///
/// @tparam M  dense<B>; B a LLaMA-like decoder with weighted norms, no sub-norms, and
///            rotary::interleaved, such as presets::llama_f32
/// Errors: truncated, oversized, sizes that contradict each other or B, values that are not finite.
template <Dense M>
[[nodiscard]] result<M> load_llama2c(std::string_view path) {
  auto file = map_file(path);
  if (!file) return std::move(file).error();
  byte_reader in(file->bytes(), path);
  const auto h = llama2c::read_header(in);
  if (!h) return h.error();
  if (status ok = check_agreement(M::blueprint::sizes, h->sizes, path); !ok)
    return std::move(ok).error();
  if (h->has_separate_head == M::blueprint::head::is_tied)
    return error{errc::mismatch,
                 join(path, ": the file has a ", h->has_separate_head ? "separate" : "tied",
                      " head, the blueprint does not.")};
  if (status ok = llama2c::expect_bytes(in, llama2c::tensor_bytes(*h)); !ok)
    return std::move(ok).error();
  M m(h->sizes);
  if (status ok = llama2c::read_tensors(in, m); !ok) return std::move(ok).error();
  if (status ok = in.expect_end(); !ok) return std::move(ok).error();
  return m;
}

}  // namespace trilith::io

#endif
