#ifndef TRILITH_IO_LOADING_CONVERT_IMPL_HPP
#define TRILITH_IO_LOADING_CONVERT_IMPL_HPP

#include <trilith/io/loading/scales_impl.hpp>

/// One slab of a parameter: some rows, converted from what the file has to what the model stores.
namespace trilith::io::loading {

[[nodiscard]] inline std::size_t row_bytes_of(const assignment& a) noexcept {
  return a.to.bytes.size() / rows_of(a.form);
}

/// Whether the codes may go straight from the file's bytes into bits2.
[[nodiscard]] inline bool goes_straight(const assignment& a) noexcept {
  const packing::layout_table& layout = sources::traits_of(a.from->how).layout;
  return layout.to_bits2 != nullptr && a.form.coded.packing.name == packing::bits2::name &&
         a.form.coded.group >= a.from->cols;
}

/// The steps [first, last) of a direct conversion, all of whose rows stay where they are.
[[nodiscard]] inline status convert_straight(const assignment& a, std::size_t first,
                                             std::size_t last, unsigned char* out) {
  const source_tensor& from = *a.from;
  const packing::layout_table& layout = sources::traits_of(from.how).layout;
  const unsigned char* const bytes = from.memory.bytes.data();
  const std::size_t bad =
      layout.to_bits2(bytes, from.rows, from.cols, first, last, out, row_bytes_of(a));
  if (bad == from.rows) return done{};
  std::vector<std::int8_t> codes(from.cols);
  return sources::invalid_code(from, bad,
                               layout.unpack_row(bytes, from.rows, from.cols, bad, codes.data()));
}

/// As convert_straight for a whole query or key matrix whose rows change places.
[[nodiscard]] inline status convert_and_reorder(const assignment& a) {
  const packing::layout_table& layout = sources::traits_of(a.from->how).layout;
  std::vector<unsigned char> rows(a.to.bytes.size());
  if (status ok = convert_straight(a, 0, layout.steps(a.from->rows), rows.data()); !ok) return ok;
  const std::size_t size = row_bytes_of(a);
  for (std::size_t r = 0; r < a.from->rows; ++r)
    std::memcpy(a.to.bytes.data() + r * size,
                rows.data() + sources::source_row(*a.from, a.order, r) * size, size);
  return done{};
}

/// Codes of one row, packed group by group.
inline void pack_codes(const assignment& a, std::size_t r, const std::int8_t* codes) {
  const checkpoint::coded_form& coded = a.form.coded;
  unsigned char* out = a.to.bytes.data() + r * row_bytes_of(a);
  for (std::size_t c = 0; c < a.from->cols; c += coded.group) {
    const std::size_t n = min_of(coded.group, a.from->cols - c);
    coded.packing.pack(codes + c, n, out);
    out += coded.packing.row_bytes(n);
  }
}

/// Rows [first, last) of the model by way of their codes.
[[nodiscard]] inline status convert_codes(const assignment& a, std::size_t first,
                                          std::size_t last) {
  const source_tensor& from = *a.from;
  scale_collector scales(a);
  std::vector<std::int8_t> codes(from.cols);
  for (std::size_t r = first; r < last; ++r) {
    const std::size_t row = sources::source_row(from, a.order, r);
    const std::size_t good = sources::unpack_row(from, row, codes.data());
    if (good != from.cols) return sources::invalid_code(from, row, good);
    pack_codes(a, r, codes.data());
    if (status ok = add_row_scales(a, scales, r, row, codes.data()); !ok) return ok;
  }
  return done{};
}

/// The scales of rows [first, last) of the model whose codes are there already.
[[nodiscard]] inline status add_scales(const assignment& a, std::size_t first, std::size_t last) {
  const source_tensor& from = *a.from;
  if (sources::codes_of(from).group == 0) return done{};
  scale_collector scales(a);
  std::vector<std::int8_t> codes(from.cols);
  for (std::size_t r = first; r < last; ++r) {
    const std::size_t row = sources::source_row(from, a.order, r);
    if (is_one_scale(from, row, scales.last())) continue;
    (void)sources::unpack_row(from, row, codes.data());
    if (status ok = add_row_scales(a, scales, r, row, codes.data()); !ok) return ok;
  }
  return done{};
}

/// Rows [first, last) of the model as floats.
[[nodiscard]] inline result<std::vector<float>> floats_of(const assignment& a, std::size_t first,
                                                          std::size_t last) {
  const source_tensor& from = *a.from;
  std::vector<float> out((last - first) * from.cols);
  for (std::size_t r = first; r < last; ++r) {
    const std::size_t row = sources::source_row(from, a.order, r);
    float* const values = out.data() + (r - first) * from.cols;
    sources::decode_row(from, row, values);
    if (status ok = sources::check_finite(from, row, values); !ok) return std::move(ok).error();
  }
  return out;
}

/// Whether the floats that share a scale are codes times that scale.
[[nodiscard]] inline bool are_codes(const assignment& a, const std::vector<float>& w) noexcept {
  const checkpoint::coded_form& coded = a.form.coded;
  if (a.from->is_latent || coded.max_code != 1 || coded.min_code != -1) return false;
  if (a.to.scales.size() == 1) return sources::are_codes(w.data(), w.size());
  const std::size_t cols = a.from->cols;
  for (std::size_t at = 0; at < w.size(); at += cols)
    for (std::size_t c = 0; c < cols; c += coded.group)
      if (!sources::are_codes(w.data() + at + c, min_of(coded.group, cols - c))) return false;
  return true;
}

/// Rows [first, last) quantised from floats; all rows where the matrix has one scale.
[[nodiscard]] inline status quantize_floats(const assignment& a, std::size_t first,
                                            std::size_t last) {
  const auto w = floats_of(a, first, last);
  if (!w) return w.error();
  const bool exact = are_codes(a, *w);
  if (!exact && !a.from->is_latent && a.form.coded.max_code == 1)
    return error{errc::mismatch,
                 join(a.from->origin, ": expected codes times a scale, as ", a.form.coded.weights,
                      " has them, found other floats. To quantise them after training, load them "
                      "as dense<> and call trilith::pack().")};
  const std::size_t scales_of_row =
      a.to.scales.size() == 1 ? 0 : a.to.scales.size() / rows_of(a.form);
  a.quantize(w->data(), last - first, a.from->cols, exact,
             a.to.bytes.data() + first * row_bytes_of(a),
             a.to.scales.data() + first * scales_of_row);
  return done{};
}

/// Stores floats as another type; the first one that is too large for it, or `from.size()`.
template <class Element, class Convert>
[[nodiscard]] std::size_t store_all(const std::vector<float>& from, unsigned char* out,
                                    Convert convert) noexcept {
  std::size_t too_large = from.size();
  for (std::size_t i = from.size(); i-- > 0;) {
    const Element element = convert(from[i]);
    if (!is_finite(to_float(element))) too_large = i;
    std::memcpy(out + i * sizeof(Element), &element, sizeof(Element));
  }
  return too_large;
}

/// Rows [first, last) of a parameter of plain elements.
[[nodiscard]] inline status copy_floats(const assignment& a, std::size_t first, std::size_t last) {
  const auto w = floats_of(a, first, last);
  if (!w) return w.error();
  if (a.to.bytes.empty()) return done{};  // used in place: looking at them was all
  unsigned char* const out = a.to.bytes.data() + first * row_bytes_of(a);
  std::size_t at = w->size();
  if (a.form.type == dtype::f16)
    at = store_all<float16>(*w, out, [](float x) { return to_float16(x); });
  else if (a.form.type == dtype::bf16)
    at = store_all<bfloat16>(*w, out, [](float x) { return to_bfloat16(x); });
  else
    std::memcpy(out, w->data(), w->size() * sizeof(float));
  if (at == w->size()) return done{};
  const std::size_t r = sources::source_row(*a.from, a.order, first + at / a.from->cols);
  return error{
      errc::invalid_value,
      join(a.from->origin, ", row ", r, ", column ", at % a.from->cols, ": expected a number that ",
           name_of(a.form.type), " holds, found ", checkpoint::spelled((*w)[at]), ".")};
}

}  // namespace trilith::io::loading

#endif
