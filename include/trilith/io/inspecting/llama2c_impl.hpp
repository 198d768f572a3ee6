#ifndef TRILITH_IO_INSPECTING_LLAMA2C_IMPL_HPP
#define TRILITH_IO_INSPECTING_LLAMA2C_IMPL_HPP

#include <trilith/io/bitllama2c.hpp>
#include <trilith/io/inspecting/totals_impl.hpp>
#include <trilith/io/llama2c.hpp>

#include <array>
#include <string>

/// The .bin files of llama2.c and bitllama2.c: seven sizes, and tensors in an order that follows.
namespace trilith::io::inspecting {

struct llama2c_matrix {
  std::string_view name;
  axis rows, cols;
};
inline constexpr std::array<llama2c_matrix, 7> llama2c_matrices{
    {{"attention.query", axis::dim, axis::dim},
     {"attention.key", axis::kv_dim, axis::dim},
     {"attention.value", axis::kv_dim, axis::dim},
     {"attention.output", axis::dim, axis::dim},
     {"ffn.gate", axis::ffn_dim, axis::dim},
     {"ffn.up", axis::ffn_dim, axis::dim},
     {"ffn.down", axis::dim, axis::ffn_dim}}};

inline void add_tensor(inspection& out, std::string name, std::vector<std::uint64_t> sizes,
                       bool is_ternary) {
  inspected_tensor t;
  t.name = std::move(name);
  t.shape = std::move(sizes);
  t.type = is_ternary ? "ternary in 2 bits" : "F32";
  set_weights(t);
  t.bytes = is_ternary ? t.weights / 4 + 4 : t.weights * 4;
  out.tensors.push_back(std::move(t));
}

/// The sizes, and the tensors under the names that blueprints use.
inline void add_llama2c(const llama2c::header& h, bool is_ternary, inspection& out) {
  const shape& s = h.sizes;
  for (const shape_member& m : shape_members)
    out.metadata.push_back({std::string(m.name), std::to_string(s.*m.value)});
  add_tensor(out, "embedding", {s.vocab, s.dim}, false);
  for (std::size_t i = 0; i < s.layers; ++i) {
    if (!is_ternary) add_tensor(out, join("blocks.", i, ".attention_norm"), {s.dim}, false);
    for (const llama2c_matrix& m : llama2c_matrices)
      add_tensor(out, join("blocks.", i, ".", m.name), {extent(s, m.rows), extent(s, m.cols)},
                 is_ternary);
    if (!is_ternary) add_tensor(out, join("blocks.", i, ".ffn_norm"), {s.dim}, false);
  }
  add_tensor(out, "final_norm", {s.dim}, false);
  if (h.has_separate_head) add_tensor(out, "head", {s.vocab, s.dim}, false);
}

[[nodiscard]] inline result<inspection> inspect_bitllama2c(const mapped_file& file) {
  byte_reader in(file.bytes(), file.path());
  const auto h = bitllama2c::read_header(in);
  if (!h) return h.error();
  if (status ok = llama2c::expect_bytes(in, bitllama2c::tensor_bytes(h->sizes)); !ok)
    return std::move(ok).error();
  inspection out{file.path(), "bitllama2.c, version 1"};
  add_llama2c(*h, true, out);
  return out;
}

/// llama2.c's files have no magic number: sizes that make sense and give the file's size are one.
[[nodiscard]] inline bool is_llama2c_model(const mapped_file& file) {
  byte_reader in(file.bytes(), file.path());
  const auto h = llama2c::read_header(in);
  return h && in.left() == llama2c::tensor_bytes(*h);
}
[[nodiscard]] inline result<inspection> inspect_llama2c(const mapped_file& file) {
  byte_reader in(file.bytes(), file.path());
  const auto h = llama2c::read_header(in);
  if (!h) return h.error();
  inspection out{file.path(), "llama2.c"};
  add_llama2c(*h, false, out);
  return out;
}

}  // namespace trilith::io::inspecting

#endif
