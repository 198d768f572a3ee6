#ifndef TRILITH_IO_WRITING_FIT_IMPL_HPP
#define TRILITH_IO_WRITING_FIT_IMPL_HPP

#include <trilith/io/write_model.hpp>
#include <trilith/io/writing/scales_impl.hpp>

#include <array>

/// What matrices hold, and which encodings have room for it.
namespace trilith::io::writing {

[[nodiscard]] inline std::string_view name_of(encoding how) noexcept {
  return sources::traits_of(how).name;
}
[[nodiscard]] inline std::string_view name_of(model_format format) noexcept {
  return format == model_format::gguf ? "GGUF" : "Hugging Face";
}

/// A matrix of the blocks, whose products are what the model quantises.
[[nodiscard]] inline bool is_block_matrix(const source_tensor& t) noexcept {
  return t.name.starts_with("blocks.") && !t.name.ends_with("norm");
}
[[nodiscard]] inline bool is_table(const source_tensor& t) noexcept {
  return t.name == "embedding" || t.name == "head";
}

enum class content { floats, ternary, binary, latent };

/// What a matrix holds, whatever the file's types are.
[[nodiscard]] inline content content_of(const model_source& source, const source_tensor& t) {
  if (t.is_latent) return content::latent;
  if (!is_coded(t)) {
    const bool are_trits = is_block_matrix(t) && source.facts.weights == weight_family::ternary;
    return are_trits ? content::ternary : content::floats;
  }
  const sources::code_facts codes = sources::codes_of(t);
  if (codes.min_code != -1 || codes.max_code != 1) return content::floats;  // int8
  return codes.code_step == 2 ? content::binary : content::ternary;
}

/// Weights that share a scale, 0: the whole matrix. Files repeat that one scale in tq1_0 and tq2_0.
[[nodiscard]] inline std::size_t group_of(const model_source& source, const source_tensor& t) {
  if (!is_coded(t) || t.how == encoding::tq1_0 || t.how == encoding::tq2_0)
    return source.facts.group;
  return sources::codes_of(t).group;
}

[[nodiscard]] inline bool fits(encoding how, const source_tensor& t) noexcept {
  if (how == encoding::q8_0) return packing::q8_0::fits(t.rows, t.cols);
  const sources::encoding_traits& traits = sources::traits_of(how);
  return !traits.is_coded || traits.layout.fits(t.rows, t.cols);
}

/// The encodings a format has for the matrices of blocks.
[[nodiscard]] inline bool has_encoding(model_format format, encoding how, bool table) noexcept {
  switch (how) {
    case encoding::f32:
    case encoding::f16:
    case encoding::bf16:
      return true;
    case encoding::q8_0:
      return table && format == model_format::gguf;
    case encoding::hf_u8:
      return !table && format == model_format::hugging_face;
    case encoding::q6_k:
    case encoding::packed:
      return false;
    default:
      return !table && format == model_format::gguf;
  }
}
inline constexpr std::array all_encodings{
    encoding::i2_s,  encoding::tq1_0, encoding::tq2_0, encoding::q1_0, encoding::q2_0,
    encoding::hf_u8, encoding::q8_0,  encoding::f32,   encoding::f16,  encoding::bf16};

/// Whether a matrix of these codes can be in the layout: its codes, its columns, its scales.
[[nodiscard]] inline bool may_hold(encoding how, content what, std::size_t group,
                                   const source_tensor& t) noexcept {
  if (!sources::traits_of(how).is_coded) return true;
  if (what != content::ternary && what != content::binary) return false;
  if (how == encoding::q1_0 && what != content::binary) return false;
  const std::size_t layout_group = sources::traits_of(how).layout.group;
  const bool scales = group == 0 || (layout_group != 0 && group % layout_group == 0);
  return scales && fits(how, t);
}

[[nodiscard]] inline std::string what_fits(model_format format, content what, std::size_t group,
                                           const source_tensor& t) {
  std::string out;
  for (const encoding how : all_encodings)
    if (has_encoding(format, how, false) && may_hold(how, what, group, t))
      out += join(out.empty() ? "" : ", ", name_of(how));
  return out;
}

[[nodiscard]] inline std::string what_it_holds(content what, std::size_t group) {
  if (what == content::floats) return "floats, which trilith::pack() would quantise";
  return join(what == content::binary ? "binary" : "ternary", " codes with ",
              group == 0 ? std::string("one scale") : join("a scale for ", group, " weights"));
}

[[nodiscard]] inline std::string what_layout_needs(encoding how) {
  const packing::layout_table& layout = sources::traits_of(how).layout;
  const std::size_t columns = how == encoding::i2_s ? packing::i2_s::block : layout.group;
  std::string out = how == encoding::q1_0 ? "binary codes" : "ternary codes";
  out += layout.group == 0 ? ", one scale for the matrix"
                           : join(", a scale for ", layout.group, " weights or more");
  return columns == 0 ? out : join(out, ", columns in multiples of ", columns);
}

[[nodiscard]] inline error does_not_fit(model_format format, encoding how, content what,
                                        std::size_t group, const source_tensor& t,
                                        std::string_view more = {}) {
  return {errc::mismatch,
          join(t.origin, ": ", name_of(how), " needs ", what_layout_needs(how), "; the matrix ",
               spelled_shape(t), " has ", what_it_holds(what, group), more,
               ". What fits: ", what_fits(format, what, group, t), ".")};
}

}  // namespace trilith::io::writing

#endif
