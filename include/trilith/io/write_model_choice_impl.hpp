#ifndef TRILITH_IO_WRITE_MODEL_CHOICE_IMPL_HPP
#define TRILITH_IO_WRITE_MODEL_CHOICE_IMPL_HPP

#include <trilith/io/write_model.hpp>
#include <trilith/io/write_model_scales_impl.hpp>

#include <array>

/// The encoding of each tensor in the file.
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

[[nodiscard]] inline encoding float_encoding(const source_tensor& t) noexcept {
  const bool is_plain = t.how == encoding::f32 || t.how == encoding::bf16;
  return is_plain ? t.how : encoding::f16;
}

[[nodiscard]] inline bool fits(encoding how, const source_tensor& t) noexcept {
  if (how == encoding::q8_0) return packing::q8_0::fits(t.rows, t.cols);
  const sources::encoding_traits& traits = sources::traits_of(how);
  return !traits.is_coded || traits.layout.fits(t.rows, t.cols);
}

[[nodiscard]] inline encoding natural_gguf(content what, std::size_t group,
                                           const source_tensor& t) noexcept {
  if (what == content::floats) return float_encoding(t);
  if (what == content::binary)
    return group % 128 == 0 && fits(encoding::q1_0, t) ? encoding::q1_0 : encoding::f16;
  if (group != 0)
    return group % 64 == 0 && fits(encoding::q2_0, t) ? encoding::q2_0 : encoding::f16;
  if (fits(encoding::tq2_0, t)) return encoding::tq2_0;
  return fits(encoding::i2_s, t) ? encoding::i2_s : encoding::f16;
}

/// Whether the scales of codes are numbers of binary16.
[[nodiscard]] inline bool has_half_scales(const source_tensor& t) {
  const std::size_t group = sources::codes_of(t).group == 0 ? t.cols : sources::codes_of(t).group;
  for (std::size_t r = 0; r < t.rows; ++r)
    for (std::size_t g = 0; g * group < t.cols; ++g) {
      const float scale = sources::scale_at(t, r, g);
      if (to_float(to_float16(scale)) != scale) return false;
    }
  return true;
}

[[nodiscard]] inline encoding natural_hugging_face(content what, std::size_t group,
                                                   const source_tensor& t) {
  if (what == content::ternary && group == 0) return encoding::hf_u8;
  if (what == content::floats) return float_encoding(t);
  return is_coded(t) && has_half_scales(t) ? encoding::f16 : encoding::f32;
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

[[nodiscard]] inline status check_options(const write_options& options) {
  for (const bool table : {false, true}) {
    const stored_as wanted = table ? options.embedding : options.matrices;
    if (wanted.is_natural() || has_encoding(options.format, wanted.how(), table)) continue;
    std::string known;
    for (const encoding how : all_encodings)
      if (has_encoding(options.format, how, table))
        known += join(known.empty() ? "" : ", ", name_of(how));
    return error{errc::invalid_argument, join(name_of(options.format), " files keep ",
                                              table ? "embeddings" : "the blocks' matrices", " as ",
                                              known, "; found ", name_of(wanted.how()), ".")};
  }
  return done{};
}

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

/// The encoding of one of the blocks' matrices.
[[nodiscard]] inline result<encoding> choose_matrix(const model_source& source,
                                                    const source_tensor& t,
                                                    const write_options& options) {
  const content what = content_of(source, t);
  if (what == content::latent)
    return error{errc::unsupported,
                 join(t.origin,
                      ": latent weights, which the model quantises as it runs. Load it "
                      "with io::load() and write the model's source().")};
  const std::size_t group = group_of(source, t);
  if (options.matrices.is_natural())
    return options.format == model_format::gguf ? natural_gguf(what, group, t)
                                                : natural_hugging_face(what, group, t);
  const encoding how = options.matrices.how();
  if (!may_hold(how, what, group, t)) return does_not_fit(options.format, how, what, group, t);
  return how;
}

/// The encoding of the embedding or the head.
[[nodiscard]] inline result<encoding> choose_table(const model_source& source,
                                                   const source_tensor& t,
                                                   const write_options& options) {
  if (!options.embedding.is_natural()) {
    const encoding how = options.embedding.how();
    if (fits(how, t)) return how;
    return error{
        errc::mismatch,
        join(t.origin, ": ", name_of(how), " needs columns in multiples of ", packing::q8_0::group,
             "; the matrix is ", spelled_shape(t), ". What fits: f32, f16, bf16.")};
  }
  const content what = content_of(source, t);
  if (what == content::floats) return float_encoding(t);
  if (options.format == model_format::gguf && what != content::latent) {
    const encoding how = what == content::binary ? encoding::q1_0 : encoding::q2_0;
    if (may_hold(how, what, group_of(source, t), t)) return how;
  }
  return encoding::f16;
}

}  // namespace trilith::io::writing

#endif
