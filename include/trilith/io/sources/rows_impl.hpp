#ifndef TRILITH_IO_SOURCES_ROWS_IMPL_HPP
#define TRILITH_IO_SOURCES_ROWS_IMPL_HPP

#include <trilith/core/half.hpp>
#include <trilith/io/source.hpp>
#include <trilith/packing/hf_u8.hpp>
#include <trilith/packing/i2_s.hpp>
#include <trilith/packing/q1_0.hpp>
#include <trilith/packing/q2_0.hpp>
#include <trilith/packing/q6_k.hpp>
#include <trilith/packing/q8_0.hpp>
#include <trilith/packing/tq1_0.hpp>
#include <trilith/packing/tq2_0.hpp>

#include <array>
#include <cstring>
#include <vector>

/// The rows of a tensor of a file, whatever its encoding.
namespace trilith::io::sources {

struct encoding_traits {
  std::string_view name;
  bool is_coded;                 ///< small integer codes and scales
  packing::layout_table layout;  ///< of codes; none for encoding::packed
};

[[nodiscard]] inline const encoding_traits& traits_of(encoding how) noexcept {
  using packing::layout_table_of;
  static const std::array<encoding_traits, 12> all{
      {{"f32", false, {}},
       {"f16", false, {}},
       {"bf16", false, {}},
       {"q8_0", false, {}},
       {"q6_k", false, {}},
       {"i2_s", true, layout_table_of<packing::i2_s>()},
       {"tq1_0", true, layout_table_of<packing::tq1_0>()},
       {"tq2_0", true, layout_table_of<packing::tq2_0>()},
       {"q1_0", true, layout_table_of<packing::q1_0>()},
       {"q2_0", true, layout_table_of<packing::q2_0>()},
       {"hf_u8", true, layout_table_of<packing::hf_u8>()},
       {"packed", true, {}}}};
  return all[static_cast<std::size_t>(how)];
}

/// What the codes of a tensor are, whoever packed them.
struct code_facts {
  int min_code, max_code, code_step;
  std::size_t group;  ///< weights of a row that share a scale; 0: all of the matrix
};
[[nodiscard]] inline code_facts codes_of(const source_tensor& from) noexcept {
  if (from.how == encoding::packed) {
    const checkpoint::coded_form& form = from.packed.form;
    return {form.min_code, form.max_code, form.code_step,
            from.packed.scales.size() == 1 ? 0 : form.group};
  }
  const packing::layout_table& layout = traits_of(from.how).layout;
  return {layout.min_code, layout.max_code, layout.code_step, layout.group};
}

/// Where row r of a query or key matrix in the order `wanted` is in the file.
[[nodiscard]] inline std::size_t source_row(const source_tensor& from, row_order wanted,
                                            std::size_t r) noexcept {
  if (from.order == row_order::as_needed || from.order == wanted) return r;
  const std::size_t half = from.head_dim / 2, place = r % from.head_dim, head = r - place;
  if (wanted == row_order::half_split)
    return head + (place < half ? 2 * place : 2 * (place - half) + 1);
  return head + place / 2 + (place % 2 == 0 ? 0 : half);
}
[[nodiscard]] inline bool keeps_order(const source_tensor& from, row_order wanted) noexcept {
  return from.order == row_order::as_needed || from.order == wanted;
}

template <class Element>
void decode_elements(const unsigned char* bytes, std::size_t count, float* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    Element element;
    std::memcpy(&element, bytes + i * sizeof(Element), sizeof(Element));
    out[i] = to_float(element);
  }
}

/// Scale of group g of a row of the file.
[[nodiscard]] inline float scale_at(const source_tensor& from, std::size_t row,
                                    std::size_t g) noexcept {
  if (from.how == encoding::packed) {
    const std::size_t group = from.packed.form.group, count = from.packed.scales.size();
    return from.factor * from.packed.scales[count == 1 ? 0 : row * ceil_div(from.cols, group) + g];
  }
  const packing::layout_table& layout = traits_of(from.how).layout;
  return from.factor * (layout.has_scales
                            ? layout.scale(from.memory.bytes.data(), from.rows, from.cols, row, g)
                            : from.scale);
}

/// Codes of one row that are packed group by group; all are valid.
inline void unpack_groups(const source_tensor& from, std::size_t row, std::int8_t* codes) noexcept {
  const checkpoint::coded_form& form = from.packed.form;
  const std::size_t row_bytes = from.memory.bytes.size() / from.rows;
  const unsigned char* bytes = from.memory.bytes.data() + row * row_bytes;
  for (std::size_t c = 0; c < from.cols; c += form.group) {
    const std::size_t n = min_of(form.group, from.cols - c);
    form.packing.unpack(bytes, n, codes + c);
    bytes += form.packing.row_bytes(n);
  }
}

/// The codes of one row of the file; out: [cols]. The first column whose code is none of the
/// encoding's, or cols.
[[nodiscard]] inline std::size_t unpack_row(const source_tensor& from, std::size_t row,
                                            std::int8_t* out) noexcept {
  if (from.how != encoding::packed)
    return traits_of(from.how).layout.unpack_row(from.memory.bytes.data(), from.rows, from.cols,
                                                 row, out);
  unpack_groups(from, row, out);
  return from.cols;
}

/// The codes of one row of the file times their scales.
inline void decode_codes(const source_tensor& from, std::size_t row, float* out) {
  std::vector<std::int8_t> codes(from.cols);
  (void)unpack_row(from, row, codes.data());
  const std::size_t group = codes_of(from).group == 0 ? from.cols : codes_of(from).group;
  for (std::size_t i = 0; i < from.cols; ++i)
    out[i] = scale_at(from, row, i / group) * static_cast<float>(codes[i]);
}

/// One row of the file as its encoding has it; out: [cols].
inline void decode_encoded(const source_tensor& from, std::size_t row, float* out) {
  const unsigned char* const bytes = from.memory.bytes.data();
  switch (from.how) {
    case encoding::f32:
      return decode_elements<float>(bytes + row * from.cols * 4, from.cols, out);
    case encoding::f16:
      return decode_elements<float16>(bytes + row * from.cols * 2, from.cols, out);
    case encoding::bf16:
      return decode_elements<bfloat16>(bytes + row * from.cols * 2, from.cols, out);
    case encoding::q8_0:
      return packing::q8_0::decode_row(bytes, from.cols, row, out);
    case encoding::q6_k:
      return packing::q6_k::decode_row(bytes, from.cols, row, out);
    default:
      return decode_codes(from, row, out);
  }
}

/// One row of the file as floats; out: [cols].
inline void decode_row(const source_tensor& from, std::size_t row, float* out) {
  decode_encoded(from, row, out);
  if (from.factor != 1.0f && !traits_of(from.how).is_coded)
    for (std::size_t i = 0; i < from.cols; ++i) out[i] *= from.factor;
}

}  // namespace trilith::io::sources

#endif
