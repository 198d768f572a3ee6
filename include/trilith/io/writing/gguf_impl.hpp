#ifndef TRILITH_IO_WRITING_GGUF_IMPL_HPP
#define TRILITH_IO_WRITING_GGUF_IMPL_HPP

#include <trilith/io/gguf.hpp>
#include <trilith/io/writing/directory_impl.hpp>
#include <trilith/io/writing/gguf_metadata_impl.hpp>

/// A model as a GGUF file.
namespace trilith::io::writing {

[[nodiscard]] inline ggml_type gguf_type_of(encoding how) noexcept {
  switch (how) {
    case encoding::f16:
      return ggml_type::f16;
    case encoding::bf16:
      return ggml_type::bf16;
    case encoding::q8_0:
      return ggml_type::q8_0;
    case encoding::i2_s:
      return ggml_type::i2_s;
    case encoding::tq1_0:
      return ggml_type::tq1_0;
    case encoding::tq2_0:
      return ggml_type::tq2_0;
    case encoding::q1_0:
      return ggml_type::q1_0;
    case encoding::q2_0:
      return ggml_type::q2_0;
    default:
      return ggml_type::f32;
  }
}

[[nodiscard]] inline gguf_tensor_to_write gguf_tensor_of(output& o) {
  gguf_tensor_to_write t{.name = o.name, .dims = {o.cols()}, .type = gguf_type_of(o.how)};
  if (o.rows() != 1 || is_block_matrix(*o.from) || is_table(*o.from)) t.dims.push_back(o.rows());
  t.produce = &produce;
  t.context = &o;
  t.part_multiple = o.row_bytes();
  return t;
}

[[nodiscard]] inline status write_as_gguf(plan& p, std::string_view path) {
  const std::vector<gguf_pair> metadata = gguf_metadata(p).make();
  std::vector<gguf_tensor_to_write> tensors;
  for (output& o : p.outputs) tensors.push_back(gguf_tensor_of(o));
  p.report.format = "GGUF v3";
  if (is_directory(std::string(path)))
    return error{errc::io_failure, join(path, ": expected the name of a file, found a directory.")};
  return write_gguf(path, tensors, metadata, p.options.report);
}

}  // namespace trilith::io::writing

#endif
